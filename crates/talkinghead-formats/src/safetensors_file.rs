//! Safetensors in and out, with our metadata. Half-precision and double tensors are read as f32.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::error::FormatError;
use crate::{HostTensor, StateDict};

/// Tensors and metadata of a file.
///
/// # Errors
/// Unreadable, truncated or inconsistent files, and element types that are no numbers of ours.
pub fn read_safetensors(path: &Path) -> Result<(StateDict, BTreeMap<String, String>), FormatError> {
    let bytes = std::fs::read(path).map_err(|source| FormatError::io(path, source))?;
    parse_safetensors(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// Tensors and metadata of a file's bytes; the error says what is wrong.
///
/// # Errors
/// As [`read_safetensors`].
pub fn parse_safetensors(bytes: &[u8]) -> Result<(StateDict, BTreeMap<String, String>), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| format!("no valid safetensors file: {error}"))?;
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let file = SafeTensors::deserialize(bytes).map_err(|error| format!("no valid safetensors file: {error}"))?;
    let mut dict = StateDict::new();
    for (key, view) in file.tensors() {
        let tensor = host_tensor(&view).map_err(|reason| format!("tensor `{key}`: {reason}"))?;
        if !dict.insert(key.clone(), tensor) {
            return Err(format!("tensor `{key}` is there twice"));
        }
    }
    Ok((dict, metadata))
}

fn host_tensor(view: &TensorView<'_>) -> Result<HostTensor, String> {
    let bytes = view.data();
    let (values, integer) = match view.dtype() {
        Dtype::F32 => (numbers::<4>(bytes, f32::from_le_bytes), false),
        Dtype::F64 => (numbers::<8>(bytes, |b| f64::from_le_bytes(b) as f32), false),
        Dtype::F16 => (numbers::<2>(bytes, |b| half::f16::from_le_bytes(b).to_f32()), false),
        Dtype::BF16 => (numbers::<2>(bytes, |b| half::bf16::from_le_bytes(b).to_f32()), false),
        Dtype::I64 => (numbers::<8>(bytes, |b| i64::from_le_bytes(b) as f32), true),
        Dtype::I32 => (numbers::<4>(bytes, |b| i32::from_le_bytes(b) as f32), true),
        Dtype::U8 => (bytes.iter().map(|b| f32::from(*b)).collect(), true),
        other => return Err(format!("element type {other:?} is not supported (wanted a float or integer type)")),
    };
    let shape = view.shape().to_vec();
    let count = values.len();
    let mut tensor =
        HostTensor::new(shape.clone(), values).ok_or_else(|| format!("shape {shape:?} does not hold {count} values"))?;
    tensor.integer = integer;
    Ok(tensor)
}

fn numbers<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| convert(*chunk)).collect()
}

/// The bytes of a safetensors file with these tensors and this metadata.
///
/// # Errors
/// Only if a tensor's shape and values disagree.
pub fn safetensors_bytes(dict: &StateDict, metadata: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let integers: BTreeMap<&str, Vec<i64>> = dict
        .iter()
        .filter(|(_, tensor)| tensor.integer)
        .map(|(key, tensor)| (key, tensor.values.iter().map(|value| *value as i64).collect()))
        .collect();
    let mut views = Vec::with_capacity(dict.len());
    for (key, tensor) in dict.iter() {
        let (dtype, bytes) = match integers.get(key) {
            Some(values) => (Dtype::I64, bytemuck::cast_slice(values)),
            None => (Dtype::F32, bytemuck::cast_slice(&tensor.values)),
        };
        let view = TensorView::new(dtype, tensor.shape.clone(), bytes).map_err(|error| format!("tensor `{key}`: {error}"))?;
        views.push((key, view));
    }
    let metadata: HashMap<String, String> = metadata.clone().into_iter().collect();
    // An empty table of metadata beside no tensors would be written as no valid JSON.
    safetensors::serialize(views, (!metadata.is_empty()).then_some(metadata)).map_err(|error| error.to_string())
}

/// Writes a safetensors file: whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write_safetensors(path: &Path, dict: &StateDict, metadata: &BTreeMap<String, String>) -> Result<(), FormatError> {
    let bytes = safetensors_bytes(dict, metadata).map_err(|reason| FormatError::malformed(path, reason))?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    std::fs::write(partial, bytes).and_then(|()| std::fs::rename(partial, path)).map_err(|source| {
        let _ = std::fs::remove_file(partial);
        FormatError::io(path, source)
    })
}
