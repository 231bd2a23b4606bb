//! PyTorch checkpoint files, zip and legacy, without Python: a pickle reader that knows tensors and nothing else, so that
//! no file can make it execute anything.

mod legacy;
mod pickle;
mod storage;
mod zip;

use std::path::Path;

use crate::StateDict;
use crate::error::FormatError;
use crate::weights_file::read_bounded;

/// Reads a `.pth` file: a state dict saved with `torch.save`, old or new container, one under the key `state_dict`, or several side
/// by side (`{"encode": {...}, "decode": {...}}`), whose keys are then `encode.KEY` and `decode.KEY`.
/// A `module.` prefix common to all keys (left by data parallel training) is taken off.
///
/// # Errors
/// Truncated or malformed files, and pickles that ask for anything but tensors.
pub fn read_pytorch(path: &Path) -> Result<StateDict, FormatError> {
    let bytes = read_bounded(path)?;
    parse_pytorch(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// As [`read_pytorch`], from bytes; the error says what is wrong.
///
/// # Errors
/// As [`read_pytorch`].
pub fn parse_pytorch(bytes: &[u8]) -> Result<StateDict, String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    let dict = if bytes.starts_with(b"PK\x03\x04") { zip::parse(bytes)? } else { legacy::parse(bytes)? };
    let parallel = !dict.is_empty() && dict.iter().all(|(key, _)| key.starts_with("module."));
    Ok(if parallel { dict.without_prefix("module.") } else { dict })
}
