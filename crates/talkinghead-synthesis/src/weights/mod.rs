//! Weights: named tensors in memory, the files that hold them, and how networks take them.

mod builder;
mod export;
mod pytorch;
mod safetensors_file;
mod state_dict;

pub use builder::{Entry, EntryKind, WeightBuilder, Weights};
pub use export::{gradients_of, state_dict_of};
pub use pytorch::{parse_pytorch, read_pytorch};
pub use safetensors_file::{parse_safetensors, read_safetensors, safetensors_bytes, write_safetensors};
pub use state_dict::{HostTensor, StateDict, element_count};

use std::path::Path;

use crate::error::SynthesisError;

/// Reads a weights file of any kind we know, by its content: safetensors, or a PyTorch checkpoint. The metadata is empty for
/// the latter.
///
/// # Errors
/// As [`read_safetensors`] and [`read_pytorch`].
pub fn read_weights(path: &Path) -> Result<(StateDict, std::collections::BTreeMap<String, String>), SynthesisError> {
    use std::io::Read;
    let mut start = [0_u8; 9];
    let mut file = std::fs::File::open(path).map_err(|source| SynthesisError::io(path, source))?;
    let length = file.read(&mut start).map_err(|source| SynthesisError::io(path, source))?;
    // A safetensors file starts with the length of its JSON header, then the header.
    if length == start.len() && start[8] == b'{' {
        read_safetensors(path)
    } else {
        Ok((read_pytorch(path)?, std::collections::BTreeMap::new()))
    }
}
