//! The residual block with ordinary normalisation: norm, leaky ReLU, convolution, twice, beside a shortcut.

use burn::module::Module;
use burn::tensor::Tensor;
use talkinghead_kernels::{KernelError, Precision};

use super::{ConvolutionShape, Geometry, Normalisation, NormalisationKind, Pass, SpectralConvolution};
use crate::weights::WeightBuilder;

/// Residual block; its middle width is the smaller of input and output.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    conv_0: SpectralConvolution,
    conv_1: SpectralConvolution,
    bn_0: Normalisation,
    bn_1: Normalisation,
    shortcut: Option<Shortcut>,
}

/// The learned shortcut where input and output widths differ: norm and 1x1 convolution, no activation.
#[derive(Module, Debug)]
pub struct Shortcut {
    bn_s: Normalisation,
    conv_s: SpectralConvolution,
}

impl ResidualBlock {
    /// Takes `KEY.{conv_0,conv_1,conv_s,bn_0,bn_1,bn_s}`.
    pub fn new(builder: &mut WeightBuilder, key: &str, kind: NormalisationKind, input: usize, output: usize) -> Self {
        let middle = input.min(output);
        let conv_0 = SpectralConvolution::new(builder, &format!("{key}.conv_0"), ConvolutionShape::three(input, middle));
        let conv_1 = SpectralConvolution::new(builder, &format!("{key}.conv_1"), ConvolutionShape::three(middle, output));
        let conv_s =
            (input != output).then(|| SpectralConvolution::new(builder, &format!("{key}.conv_s"), pointwise(input, output)));
        let bn_0 = Normalisation::affine(builder, &format!("{key}.bn_0"), kind, input);
        let bn_1 = Normalisation::affine(builder, &format!("{key}.bn_1"), kind, middle);
        let shortcut =
            conv_s.map(|conv_s| Shortcut { bn_s: Normalisation::affine(builder, &format!("{key}.bn_s"), kind, input), conv_s });
        Self { conv_0, conv_1, bn_0, bn_1, shortcut }
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height, width].
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        let shortcut = match &self.shortcut {
            Some(shortcut) => {
                let normed = shortcut.bn_s.forward(x.clone(), pass)?;
                shortcut.conv_s.forward(normed, pass)?
            }
            None => x.clone(),
        };
        let y = self.bn_0.forward_activated(x, pass)?;
        let y = if self.bn_1.is_absorbed() {
            self.conv_0.forward_activated(y, pass)?
        } else {
            self.bn_1.forward_activated(self.conv_0.forward(y, pass)?, pass)?
        };
        self.conv_1.forward_onto(shortcut, y, pass)
    }

    /// For inference: spectral norm folded; the norm between the convolutions absorbed by the first.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let (conv_0, bn_1) = match self.bn_1.scale_and_shift() {
            Some((scale, shift)) => (self.conv_0.prepare_scaled(scale, shift, precision)?, Normalisation::absorbed()),
            None => (self.conv_0.prepare(precision)?, self.bn_1.prepare()),
        };
        let shortcut = match self.shortcut {
            Some(Shortcut { bn_s, conv_s }) => Some(Shortcut { bn_s: bn_s.prepare(), conv_s: conv_s.prepare(precision)? }),
            None => None,
        };
        Ok(Self { conv_0, conv_1: self.conv_1.prepare(precision)?, bn_0: self.bn_0.prepare(), bn_1, shortcut })
    }
}

/// A 1x1 convolution without bias.
pub fn pointwise(input: usize, output: usize) -> ConvolutionShape {
    ConvolutionShape { input, output, kernel: 1, bias: false, geometry: Geometry::new(1, 0) }
}
