//! Instance normalisation of Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::operations::KernelBackend;
use super::primitive::is_on_processor;
use crate::KernelError;

/// Normalises every plane of `x` [batch, channels, height, width] (biased variance, `epsilon` added), then a leaky ReLU of that slope (1
/// for none). Differentiable.
///
/// # Errors
/// A slope of 0, which the gradient cannot undo, or a tensor that is not on the processor.
pub fn instance_norm(x: Tensor<4>, epsilon: f32, slope: f32) -> Result<Tensor<4>, KernelError> {
    crate::instance_norm::check_slope(slope)?;
    if !is_on_processor(&x) {
        return Err(KernelError::Elsewhere);
    }
    let (y, _) = <Dispatch as KernelBackend>::kernel_instance_norm(x.into_dispatch(), epsilon, slope);
    Ok(Tensor::from_dispatch(y))
}
