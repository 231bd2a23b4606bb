//! Instance normalisation of Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::operations::KernelBackend;

/// Normalises every plane of `x` [batch, channels, height, width] (biased variance, `epsilon` added), then a leaky ReLU of that slope (1
/// for none, not 0). Differentiable. For tensors on the processor; see [`super::is_on_processor`].
pub fn instance_norm(x: Tensor<4>, epsilon: f32, slope: f32) -> Tensor<4> {
    let (y, _) = <Dispatch as KernelBackend>::kernel_instance_norm(x.into_dispatch(), epsilon, slope);
    Tensor::from_dispatch(y)
}
