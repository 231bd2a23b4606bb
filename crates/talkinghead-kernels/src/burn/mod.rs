//! The kernels as operations on Burn's tensors. On the processor (the `flex` backend) they take the place of Burn's own, with
//! gradients; on every other device the same functions call Burn's own operations.
#![deny(unsafe_code)]

mod batch_norm;
mod convolution;
mod inference;
mod mixed_precision;
mod norm;
mod operations;
mod optimiser;
mod primitive;
mod sampling;
mod spade;
mod spectral;
mod upsampling;

pub use batch_norm::{BatchNormBackend, BatchNormed, batch_norm};
pub use convolution::{ConstantConvolution, convolve, convolve_activated};
pub use inference::{MapBranch, MapModulation, attention, merge_shots, modulate, scale_and_shift};
pub use mixed_precision::{product, with_precision};
pub use norm::instance_norm;
pub use operations::KernelBackend;
pub use optimiser::{AdamMoments, adam, moving_average, sum_of_squares};
pub use primitive::{is_on_processor, is_plain};
pub use sampling::grid_sample;
pub use spade::{MOST_MAPS, SpadeBackend, SpadeGradients, SpadeMap, SpadeNormed, SpadePlan, spade};
pub use spectral::{Spectral, SpectralBackend, spectral_weight};
pub use upsampling::upsample_nearest;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod training_tests;
