//! A weights file of any kind we know.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::{FormatError, StateDict, read_pytorch, read_safetensors};

/// Reads a weights file of any kind we know, by its content: safetensors, or a PyTorch checkpoint. The metadata is empty for
/// the latter.
///
/// # Errors
/// As [`read_safetensors`] and [`read_pytorch`].
pub fn read_weights(path: &Path) -> Result<(StateDict, BTreeMap<String, String>), FormatError> {
    let mut start = [0_u8; 9];
    let mut file = std::fs::File::open(path).map_err(|source| FormatError::io(path, source))?;
    let length = file.read(&mut start).map_err(|source| FormatError::io(path, source))?;
    // A safetensors file starts with the length of its JSON header, then the header.
    if length == start.len() && start[8] == b'{' { read_safetensors(path) } else { Ok((read_pytorch(path)?, BTreeMap::new())) }
}
