//! Named arrays in a safetensors file, all as f32 once read.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

/// Named arrays: shape and row-major values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TensorFile {
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 16 bits.
    Half,
    /// 32 bits.
    Single,
}

/// Why a file of tensors was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorFileError {
    /// The file is no safetensors file.
    #[error("no safetensors file: {0}")]
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
    /// Reads a file's bytes; f16 and f32 tensors are taken.
    ///
    /// # Errors
    /// The bytes are no safetensors file, or hold other kinds of numbers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TensorFileError> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| TensorFileError::Invalid(e.to_string()))?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let data = view.data();
            let values: Vec<f32> = match view.dtype() {
                Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
                Dtype::F16 => data.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
                other => return Err(TensorFileError::Invalid(format!("tensor `{name}` holds {other:?}, not f16 or f32"))),
            };
            if values.iter().any(|v| !v.is_finite()) {
                return Err(TensorFileError::NotFinite(name.to_owned()));
            }
            tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        Ok(Self { tensors })
    }

    /// The values of a tensor of this shape.
    ///
    /// # Errors
    /// It is missing, or has another shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<&[f32], TensorFileError> {
        match self.tensors.get(name) {
            Some((found, values)) if found == shape => Ok(values),
            other => Err(TensorFileError::Tensor {
                name: name.to_owned(),
                wanted: shape.to_vec(),
                found: other.map_or("none".to_owned(), |(found, _)| format!("{found:?}")),
            }),
        }
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|(shape, _)| shape.as_slice())
    }

    /// Adds a tensor. `values` must have as many numbers as `shape` says.
    pub fn insert(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.tensors.insert(name.to_owned(), (shape.to_vec(), values));
    }

    /// The bytes of a safetensors file; the same tensors give the same bytes.
    ///
    /// # Errors
    /// A tensor's shape does not fit its values.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>, TensorFileError> {
        let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| {
                let bytes = match precision {
                    Precision::Single => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    Precision::Half => values.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect(),
                };
                (name, shape, bytes)
            })
            .collect();
        let dtype = if precision == Precision::Half { Dtype::F16 } else { Dtype::F32 };
        let invalid = |e: safetensors::SafeTensorError| TensorFileError::Invalid(e.to_string());
        let mut views = Vec::new();
        for (name, shape, bytes) in &stored {
            views.push((name.as_str(), safetensors::tensor::TensorView::new(dtype, (*shape).clone(), bytes).map_err(invalid)?));
        }
        safetensors::serialize(views, None).map_err(invalid)
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
        for precision in [Precision::Half, Precision::Single] {
            let bytes = file.to_bytes(precision).unwrap();
            assert_eq!(bytes, file.to_bytes(precision).unwrap());
            assert_eq!(TensorFile::from_bytes(&bytes).unwrap(), file);
        }
        assert!(file.get("b", &[4]).is_err() && file.get("c", &[1]).is_err());
        assert!(TensorFile::from_bytes(b"nonsense").is_err());
        file.insert("a", &[1], vec![f32::NAN]);
        assert!(TensorFile::from_bytes(&file.to_bytes(Precision::Single).unwrap()).is_err());
    }
}
