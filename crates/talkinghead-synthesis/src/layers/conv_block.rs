//! Spectral convolution, normalisation, leaky ReLU.

use burn::module::Module;
use burn::tensor::Tensor;
use talkinghead_kernels::{KernelError, Precision};

use super::{ConvolutionShape, Normalisation, NormalisationKind, Pass, SpectralConvolution};
use crate::weights::WeightBuilder;

/// Spectral convolution, affine normalisation, leaky ReLU.
#[derive(Module, Debug)]
pub struct ConvBlock {
    convolution: SpectralConvolution,
    norm: Normalisation,
}

impl ConvBlock {
    /// A 3x3 block under `KEY.conv` and `KEY.bn`.
    pub fn new(
        builder: &mut WeightBuilder,
        key: &str,
        kind: NormalisationKind,
        input: usize,
        output: usize,
        stride: usize,
    ) -> Self {
        let shape = ConvolutionShape::three(input, output).stride(stride);
        Self::named(builder, [&format!("{key}.conv"), &format!("{key}.bn")], kind, shape)
    }

    /// Under two keys of any name: convolution, norm.
    pub fn named(builder: &mut WeightBuilder, keys: [&str; 2], kind: NormalisationKind, shape: ConvolutionShape) -> Self {
        let convolution = SpectralConvolution::new(builder, keys[0], shape);
        let norm = Normalisation::affine(builder, keys[1], kind, shape.output);
        Self { convolution, norm }
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height', width'].
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        if self.norm.is_absorbed() {
            return self.convolution.forward_activated(x, pass);
        }
        let y = self.convolution.forward(x, pass)?;
        self.norm.forward_activated(y, pass)
    }

    /// For inference: spectral and batch norm folded into the weights.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        Ok(match self.norm.scale_and_shift() {
            Some((scale, shift)) => {
                Self { convolution: self.convolution.prepare_scaled(scale, shift, precision)?, norm: Normalisation::absorbed() }
            }
            None => Self { convolution: self.convolution.prepare(precision)?, norm: self.norm.prepare() },
        })
    }
}
