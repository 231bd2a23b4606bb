//! The kernels as operations on Burn's tensors. On the processor (the `flex` backend) they take the place of Burn's own, with
//! gradients; on every other device the same functions call Burn's own operations.

mod convolution;
mod operations;
mod primitive;

pub use convolution::{ConstantConvolution, convolve};
pub use operations::KernelBackend;
pub use primitive::is_on_processor;
