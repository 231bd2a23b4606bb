//! The building blocks that generator and discriminator share.

mod conv_block;
mod convolution;
mod linear;
mod normalisation;
mod operation;
mod pass;
mod read_back;
mod residual_block;
mod resize;
mod spectral;

pub use conv_block::ConvBlock;
pub use convolution::{Convolution, ConvolutionShape, Geometry, convolve, convolve_activated, convolve_each};
pub use linear::{SpectralLinear, linear};
pub(crate) use normalisation::EPSILON;
pub use normalisation::{Normalisation, NormalisationKind};
pub use operation::OPERATION_TARGET;
pub(crate) use operation::operation;
pub use pass::{Mode, Pass};
pub(crate) use read_back::host_values;
pub use read_back::{host, read_back};
pub use residual_block::{ResidualBlock, pointwise};
pub use resize::{resize_bilinear, upsample_nearest};
pub use spectral::{SpectralConvolution, SpectralNorm};

use burn::tensor::Tensor;

/// Slope of the one activation for negative numbers.
pub(crate) const SLOPE: f32 = 0.2;

/// The one activation of these networks: leaky ReLU with slope 0.2.
pub fn lrelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    burn::tensor::activation::leaky_relu(x, f64::from(SLOPE))
}
