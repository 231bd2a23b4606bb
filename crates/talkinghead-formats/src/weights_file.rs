//! A weights file of any kind we know.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::{FormatError, StateDict, read_pytorch, read_safetensors};

/// Bytes of the largest file that is read: several times the largest network's weights.
const MOST_BYTES: u64 = 16 << 30;

/// Reads a whole file into memory, if it is one and no larger than [`MOST_BYTES`].
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, FormatError> {
    let failed = |source| FormatError::io(path, source);
    let about = std::fs::metadata(path).map_err(failed)?;
    if !about.is_file() && !about.is_dir() {
        return Err(FormatError::malformed(path, "neither a file nor a folder: weights are read from files"));
    }
    if about.len() > MOST_BYTES {
        let reason = format!("{} bytes; files of weights may have {MOST_BYTES}", about.len());
        return Err(FormatError::malformed(path, reason));
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// Reads a weights file of any kind we know, by its content: safetensors, or a PyTorch checkpoint. The metadata is empty for
/// the latter.
///
/// # Errors
/// As [`read_safetensors`] and [`read_pytorch`].
pub fn read_weights(path: &Path) -> Result<(StateDict, BTreeMap<String, String>), FormatError> {
    // Opening a pipe would wait for whoever writes into it.
    let about = std::fs::metadata(path).map_err(|source| FormatError::io(path, source))?;
    if !about.is_file() && !about.is_dir() {
        return read_bounded(path).map(|_| Default::default());
    }
    let mut start = [0_u8; 9];
    let mut file = std::fs::File::open(path).map_err(|source| FormatError::io(path, source))?;
    let length = file.read(&mut start).map_err(|source| FormatError::io(path, source))?;
    // A safetensors file starts with the length of its JSON header, then the header.
    if length == start.len() && start[8] == b'{' { read_safetensors(path) } else { Ok((read_pytorch(path)?, BTreeMap::new())) }
}
