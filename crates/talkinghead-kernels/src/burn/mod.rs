//! The kernels as operations on Burn's tensors. On the processor (the `flex` backend) they take the place of Burn's own, with
//! gradients; on every other device the same functions call Burn's own operations.
#![deny(unsafe_code)]

mod convolution;
mod inference;
mod norm;
mod operations;
mod primitive;
mod sampling;

pub use convolution::{ConstantConvolution, convolve};
pub use inference::{MapBranch, MapModulation, attention, merge_shots, modulate, scale_and_shift, upsample_nearest};
pub use norm::instance_norm;
pub use operations::KernelBackend;
pub use primitive::{is_on_processor, is_plain};
pub use sampling::grid_sample;

#[cfg(test)]
mod tests;
