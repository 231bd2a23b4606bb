//! A device's tensors in host memory.

use burn::tensor::Tensor;

use crate::SynthesisError;
use crate::weights::HostTensor;

/// The numbers of a tensor, row-major.
///
/// # Errors
/// The device failed, at this or at an earlier operation whose result is only known now.
pub fn read_back<const D: usize>(x: Tensor<D>) -> Result<Vec<f32>, SynthesisError> {
    x.try_into_vec_as::<f32>().map_err(|error| SynthesisError::ReadBack(error.to_string()))
}

/// A copy of a tensor in host memory.
///
/// # Errors
/// As [`read_back`].
pub fn host<const D: usize>(x: &Tensor<D>) -> Result<HostTensor, SynthesisError> {
    Ok(HostTensor { shape: x.dims().to_vec(), values: read_back(x.clone())?, integer: false })
}

/// The numbers of a tensor in the processor's memory, where reading cannot fail.
///
/// # Panics
/// With Burn's error, if it fails nevertheless.
pub(crate) fn host_values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    match read_back(x) {
        Ok(values) => values,
        Err(error) => panic!("a tensor in the processor's memory cannot be read: {error}"),
    }
}
