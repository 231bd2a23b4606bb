//! Named arrays in a safetensors file, all as f32 once read.

use std::collections::BTreeMap;

use talkinghead_formats::{FloatWidth, HostTensor, StateDict, parse_safetensors, safetensors_bytes};

/// Named arrays: shape and row-major values, all finite once read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TensorFile {
    tensors: StateDict,
}

/// Why a file of tensors was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorFileError {
    /// The file is no safetensors file, or one of something else.
    #[error("{0}")]
    Invalid(String),
    /// A tensor is missing or has another shape.
    #[error("tensor `{name}` of shape {wanted:?} is wanted, found {found}")]
    Tensor {
        /// Its name.
        name: String,
        /// What was wanted.
        wanted: Vec<usize>,
        /// What was found.
        found: String,
    },
    /// A tensor holds NaN or infinite numbers.
    #[error("tensor `{0}` holds numbers that are not finite")]
    NotFinite(String),
}

impl TensorFile {
    /// Reads a file's bytes; tensors of floats are taken.
    ///
    /// # Errors
    /// The bytes are no safetensors file, or hold integers or numbers that are not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TensorFileError> {
        let (tensors, _) = parse_safetensors(bytes).map_err(TensorFileError::Invalid)?;
        for (name, tensor) in tensors.iter() {
            if tensor.integer {
                return Err(TensorFileError::Invalid(format!("tensor `{name}` holds integers, not floats")));
            }
            if tensor.first_not_finite().is_some() {
                return Err(TensorFileError::NotFinite(name.to_owned()));
            }
        }
        Ok(Self { tensors })
    }

    /// The values of a tensor of this shape.
    ///
    /// # Errors
    /// It is missing, or has another shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<&[f32], TensorFileError> {
        match self.tensors.get(name) {
            Some(tensor) if tensor.shape == shape => Ok(&tensor.values),
            other => Err(TensorFileError::Tensor {
                name: name.to_owned(),
                wanted: shape.to_vec(),
                found: other.map_or("none".to_owned(), |tensor| format!("{:?}", tensor.shape)),
            }),
        }
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.shape(name)
    }

    /// Adds a tensor, in place of one of that name. `values` must have as many numbers as `shape` says.
    pub fn insert(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.tensors.take(name);
        self.tensors.insert(name, HostTensor { shape: shape.to_vec(), values, integer: false });
    }

    /// The bytes of a safetensors file; the same tensors give the same bytes.
    ///
    /// # Errors
    /// A tensor's shape does not fit its values.
    pub fn to_bytes(&self, floats: FloatWidth) -> Result<Vec<u8>, TensorFileError> {
        safetensors_bytes(&self.tensors, &BTreeMap::new(), floats).map_err(TensorFileError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut file = TensorFile::default();
        file.insert("b", &[2, 2], vec![1.0, -2.0, 0.5, 0.0]);
        file.insert("a", &[1], vec![3.0]);
        for floats in [FloatWidth::Half, FloatWidth::Single] {
            let bytes = file.to_bytes(floats).unwrap();
            assert_eq!(bytes, file.to_bytes(floats).unwrap());
            assert_eq!(TensorFile::from_bytes(&bytes).unwrap(), file);
        }
        assert!(file.get("b", &[4]).is_err() && file.get("c", &[1]).is_err());
        assert!(TensorFile::from_bytes(b"nonsense").is_err());
        file.insert("a", &[1], vec![f32::NAN]);
        assert!(TensorFile::from_bytes(&file.to_bytes(FloatWidth::Single).unwrap()).is_err());
    }
}
