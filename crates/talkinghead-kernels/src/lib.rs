//! Convolution and the few other hot operations of the networks, forward and backward, for the processor: AMX, AVX-512, AVX2, NEON
//! and portable. Knows nothing of networks; of the project it may use only `talkinghead-simd`.
#![expect(unsafe_code, reason = "vector kernels over raw memory, each checked by its safe entry")]

#[cfg(any(target_arch = "x86_64", test))]
mod amx;
mod attention;
mod batch_norm;
#[cfg(feature = "burn")]
pub mod burn;
mod convolution;
mod direct;
mod elementwise;
mod epilogue;
mod error;
mod geometry;
mod grid_sample;
mod instance_norm;
mod modulation;
mod optimiser;
mod parallel;
mod precision;
mod scratch;
mod spade_gradient;
mod spectral;
mod weight_gradient;
mod winograd;

pub use attention::{attention, merge_shots};
pub use batch_norm::{BatchNorm, BatchNormGradients, ChannelStatistics, channel_affine, channel_statistics};
pub use convolution::{Convolution, Method, convolve_once};
pub use elementwise::{leaky_relu_gradient, scale_and_shift, upsample_nearest, upsample_nearest_gradient};
pub use epilogue::{Activation, Epilogue};
pub use error::KernelError;
pub use geometry::{Direction, Geometry};
pub use grid_sample::{Corners, Sampling};
pub use instance_norm::{instance_norm, instance_norm_gradient};
pub use modulation::{Branch, Modulation, ModulationWeights, modulate};
pub use optimiser::{AdamStep, sum_of_squares};
pub use precision::Precision;
pub use spade_gradient::{MapGradients, MapWeights, SpadeSample};
pub use spectral::{SpectralWeight, spectral_weight, spectral_weight_gradient};
pub use talkinghead_simd::{InstructionSet, InstructionSetError};
#[cfg(test)]
extern crate self as talkinghead_kernels;

pub use weight_gradient::{bias_gradient, weight_gradient};
