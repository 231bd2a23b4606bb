//! Weights: named tensors in host memory, the files that hold them, and how networks take them.

mod builder;
mod export;
mod write;

pub use builder::{Entry, EntryKind, WeightBuilder, Weights};
pub use export::{gradients_of, state_dict_of};
pub use talkinghead_formats::{
    FloatWidth, HostTensor, StateDict, element_count, parse_pytorch, parse_safetensors, read_pytorch, read_safetensors,
    read_weights, safetensors_bytes,
};
pub use write::write_safetensors;
