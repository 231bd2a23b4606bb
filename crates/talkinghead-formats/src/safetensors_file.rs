//! Safetensors in and out, with our metadata. Half-precision and double tensors are read as f32.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::error::FormatError;
use crate::weights_file::read_bounded;
use crate::{HostTensor, StateDict};

/// How floats are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FloatWidth {
    /// 16 bits (IEEE half precision).
    Half,
    /// 16 bits (IEEE half precision) for tensors of two and more dimensions; the others are few and keep 32.
    HalfMatrices,
    /// 16 bits with the range of 32 (bfloat16) for tensors of two and more dimensions; the others keep 32.
    BrainMatrices,
    /// 32 bits.
    #[default]
    Single,
}

impl FloatWidth {
    /// A number of a tensor with two or more dimensions as it is stored.
    pub fn rounded(self, value: f32) -> f32 {
        match self {
            Self::Half | Self::HalfMatrices => half::f16::from_f32(value).to_f32(),
            Self::BrainMatrices => half::bf16::from_f32(value).to_f32(),
            Self::Single => value,
        }
    }
}

/// Tensors and metadata of a file.
///
/// # Errors
/// Unreadable, oversized, truncated or inconsistent files, and element types that are no numbers of ours.
pub fn read_safetensors(path: &Path) -> Result<(StateDict, BTreeMap<String, String>), FormatError> {
    let bytes = read_bounded(path)?;
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

/// The bytes of a safetensors file with these tensors and this metadata; the same tensors give the same bytes. Whoever writes them into
/// a file does it so that the file appears whole or not at all.
///
/// # Errors
/// Only if a tensor's shape and values disagree.
pub fn safetensors_bytes(dict: &StateDict, metadata: &BTreeMap<String, String>, floats: FloatWidth) -> Result<Vec<u8>, String> {
    let converted: BTreeMap<&str, Converted> =
        dict.iter().filter_map(|(key, tensor)| Some((key, convert(tensor, floats)?))).collect();
    let mut views = Vec::with_capacity(dict.len());
    for (key, tensor) in dict.iter() {
        let (dtype, bytes) = match converted.get(key) {
            Some(Converted::Integers(values)) => (Dtype::I64, bytemuck::cast_slice(values)),
            Some(Converted::Halves(bytes)) => (Dtype::F16, bytes.as_slice()),
            Some(Converted::Brains(bytes)) => (Dtype::BF16, bytes.as_slice()),
            None => (Dtype::F32, bytemuck::cast_slice(&tensor.values)),
        };
        let view = TensorView::new(dtype, tensor.shape.clone(), bytes).map_err(|error| format!("tensor `{key}`: {error}"))?;
        views.push((key, view));
    }
    let metadata: HashMap<String, String> = metadata.clone().into_iter().collect();
    // An empty table of metadata beside no tensors would be written as no valid JSON.
    safetensors::serialize(views, (!metadata.is_empty()).then_some(metadata)).map_err(|error| error.to_string())
}

/// Values that are stored as something other than f32.
enum Converted {
    Integers(Vec<i64>),
    Halves(Vec<u8>),
    Brains(Vec<u8>),
}

fn convert(tensor: &HostTensor, floats: FloatWidth) -> Option<Converted> {
    let values = tensor.values.iter();
    if tensor.integer {
        return Some(Converted::Integers(values.map(|value| *value as i64).collect()));
    }
    let is_matrix = tensor.shape.len() > 1;
    match floats {
        FloatWidth::Half => Some(Converted::Halves(halves(tensor))),
        FloatWidth::HalfMatrices if is_matrix => Some(Converted::Halves(halves(tensor))),
        FloatWidth::BrainMatrices if is_matrix => {
            Some(Converted::Brains(values.flat_map(|value| half::bf16::from_f32(*value).to_le_bytes()).collect()))
        }
        _ => None,
    }
}

fn halves(tensor: &HostTensor) -> Vec<u8> {
    tensor.values.iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut dict = StateDict::new();
        dict.insert("b", HostTensor::new(vec![2, 2], vec![1.0, -2.0, 0.5, 0.0]).unwrap());
        dict.insert("a", HostTensor { shape: Vec::new(), values: vec![3.0], integer: true });
        let metadata = BTreeMap::from([("who".to_owned(), "a test".to_owned())]);
        for floats in [FloatWidth::Half, FloatWidth::HalfMatrices, FloatWidth::BrainMatrices, FloatWidth::Single] {
            let bytes = safetensors_bytes(&dict, &metadata, floats).unwrap();
            assert_eq!(bytes, safetensors_bytes(&dict, &metadata, floats).unwrap());
            assert_eq!(parse_safetensors(&bytes).unwrap(), (dict.clone(), metadata.clone()));
        }
        let sizes = [FloatWidth::Half, FloatWidth::Single].map(|f| safetensors_bytes(&dict, &metadata, f).unwrap().len());
        assert!(sizes[0] < sizes[1]);
    }

    #[test]
    fn a_shape_that_does_not_hold_its_values_is_refused() {
        let mut dict = StateDict::new();
        dict.insert("a", HostTensor { shape: vec![2], values: vec![3.0], integer: false });
        assert!(safetensors_bytes(&dict, &BTreeMap::new(), FloatWidth::Single).unwrap_err().contains("`a`"));
    }
}
