//! Weights: named tensors in memory, the files that hold them, and how networks take them.

mod builder;
mod safetensors_file;
mod state_dict;

pub use builder::{Entry, EntryKind, WeightBuilder, Weights};
pub use safetensors_file::{read_safetensors, safetensors_bytes, parse_safetensors, write_safetensors};
pub use state_dict::{HostTensor, StateDict, element_count};
