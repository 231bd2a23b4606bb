//! Doubling of Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::operations::KernelBackend;
use super::primitive::is_on_processor;
use crate::KernelError;

/// Every pixel of `x` [batch, channels, height, width] twice along both axes. Differentiable.
///
/// # Errors
/// A tensor that is not on the processor.
pub fn upsample_nearest(x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
    if !is_on_processor(&x) {
        return Err(KernelError::Elsewhere);
    }
    Ok(Tensor::from_dispatch(<Dispatch as KernelBackend>::kernel_upsample(x.into_dispatch())))
}
