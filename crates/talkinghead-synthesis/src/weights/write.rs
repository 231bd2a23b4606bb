//! Weights into files.

use std::collections::BTreeMap;
use std::path::Path;

use super::{FloatWidth, StateDict, safetensors_bytes};
use crate::SynthesisError;

/// Writes a safetensors file: whole or not at all, gone when everything is stopped before its end.
///
/// # Errors
/// If the file cannot be written.
pub fn write_safetensors(path: &Path, dict: &StateDict, metadata: &BTreeMap<String, String>) -> Result<(), SynthesisError> {
    let bytes =
        safetensors_bytes(dict, metadata, FloatWidth::Single).map_err(|reason| SynthesisError::malformed(path, reason))?;
    Ok(talkinghead_media::write_file(path, &bytes)?)
}
