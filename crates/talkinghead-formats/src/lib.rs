//! Readers of the files that researchers exchange: PyTorch checkpoints, safetensors, the published file set's arrays, option
//! files and key lists.
//!
//! Design decision: strangers' bytes are read in a room of their own. It knows no network and no device, uses no unsafe code,
//! executes nothing, allocates no more than the file's own length warrants, and compiles in seconds, so that every reader has
//! a fuzz target that runs with sanitizers. May depend on nothing of ours; whatever reads weights may use it (synthesis, motion,
//! render).
#![forbid(unsafe_code)]

mod error;
mod file_set;
mod key_list;
mod npy;
mod options;
mod pytorch;
mod safetensors_file;
mod state_dict;
mod weights_file;

pub use error::FormatError;
pub use file_set::{FacePoints, parse_landmarks, parse_poses, read_landmarks, read_poses};
pub use key_list::parse_keys;
pub use npy::{NpyArray, NpyType};
pub use options::Options;
pub use pytorch::{parse_pytorch, read_pytorch};
pub use safetensors_file::{FloatWidth, parse_safetensors, read_safetensors, safetensors_bytes};
pub use state_dict::{HostTensor, StateDict, element_count};
pub use weights_file::read_weights;
