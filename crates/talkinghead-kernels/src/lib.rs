//! Convolution and the few other hot operations of the networks, forward and backward, for the processor: AMX, AVX-512, AVX2, NEON
//! and portable. Knows nothing of networks; may use nothing of the project.

#[cfg(target_arch = "x86_64")]
mod amx;
mod convolution;
mod direct;
mod epilogue;
mod error;
mod geometry;
mod parallel;
mod path;
mod scratch;
pub mod simd;
mod winograd;

pub use convolution::{Convolution, Method};
pub use epilogue::{Activation, Epilogue};
pub use error::KernelError;
pub use geometry::{Direction, Geometry};
pub use path::{Path, VARIABLE};
