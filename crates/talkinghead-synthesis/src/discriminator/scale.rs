//! One scale of the discriminator.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::adaptive_avg_pool2d;
use talkinghead_kernels::KernelError;

use super::{DiscriminatorConfig, DiscriminatorNorm, ScaleKind};
use crate::layers::{
    Convolution, ConvolutionShape, Geometry, Normalisation, NormalisationKind, Pass, SpectralConvolution, convolve_each, linear,
};
use crate::weights::WeightBuilder;

const KERNEL: usize = 4;
const PADDING: usize = 2;

fn shape(input: usize, output: usize, stride: usize, bias: bool) -> ConvolutionShape {
    ConvolutionShape { input, output, kernel: KERNEL, bias, geometry: Geometry::new(stride, PADDING) }
}

/// Generates the first layer's weights from the condition.
#[derive(Module, Debug)]
struct FirstLayerGenerator {
    encoder: Convolution,
    /// `[in * 16, pooled * pooled]`.
    weight: Param<Tensor<2>>,
    /// `[in * 16]`.
    bias: Param<Tensor<1>>,
    pooled: usize,
    norm: Normalisation,
}

impl FirstLayerGenerator {
    fn forward(&self, condition: Tensor<4>, input: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        let encoded = self.encoder.forward_activated(condition)?;
        let pooled = adaptive_avg_pool2d(encoded, [self.pooled; 2]);
        let [batch, width, _, _] = pooled.dims();
        let rows = pooled.reshape([batch * width, self.pooled * self.pooled]);
        let generated = linear(rows, self.weight.val(), self.bias.val());
        let channels = input.dims()[1];
        let weights = generated.reshape([batch, width, channels, KERNEL, KERNEL]);
        let y = convolve_each(input, &weights, None, Geometry::new(2, PADDING))?;
        self.norm.forward_activated(y, pass)
    }
}

/// A middle layer: spectral convolution, instance norm if configured, leaky ReLU.
#[derive(Module, Debug)]
struct MiddleLayer {
    convolution: SpectralConvolution,
    norm: Normalisation,
}

/// A stack of convolutions; every output is returned, the last is the patch score.
#[derive(Module, Debug)]
pub struct Scale {
    generator: Option<FirstLayerGenerator>,
    first: Option<Convolution>,
    middle: Vec<MiddleLayer>,
    score: Convolution,
}

impl Scale {
    /// Takes `discriminator_INDEX.*`.
    pub fn new(builder: &mut WeightBuilder, config: &DiscriminatorConfig, index: usize) -> Self {
        let key = format!("discriminator_{index}");
        let one = config.label_channels + 3;
        let instance = |builder: &mut WeightBuilder| Normalisation::plain(builder, "", NormalisationKind::Instance, 0);
        let normed = config.norm == DiscriminatorNorm::SpectralInstance;
        let (generator, first) = match config.kind {
            ScaleKind::Layers => (
                None,
                Some(Convolution::new(
                    builder,
                    &format!("{key}.model0.0"),
                    shape(config.input_channels(), config.width, 2, true),
                )),
            ),
            ScaleKind::Adaptive { pooled } => {
                let outputs = one * KERNEL * KERNEL;
                let weight = builder.parameter(&format!("{key}.fc_0.weight"), [outputs, pooled * pooled]);
                let bias = builder.parameter(&format!("{key}.fc_0.bias"), [outputs]);
                let encoder = Convolution::new(builder, &format!("{key}.encoder_0.0"), shape(one, config.width, 2, true));
                let norm = instance(builder);
                (Some(FirstLayerGenerator { encoder, weight, bias, pooled, norm }), None)
            }
        };
        let middle = (1..=config.layers)
            .map(|layer| {
                let name = if normed { format!("{key}.model{layer}.0.0") } else { format!("{key}.model{layer}.0") };
                let stride = if layer == config.layers { 1 } else { 2 };
                let shape = shape(config.channels(layer - 1), config.channels(layer), stride, !normed);
                let convolution = SpectralConvolution::new(builder, &name, shape);
                let norm = if normed { instance(builder) } else { Normalisation::absorbed() };
                MiddleLayer { convolution, norm }
            })
            .collect();
        let last = config.layers + 1;
        let score = Convolution::new(builder, &format!("{key}.model{last}.0"), shape(config.channels(config.layers), 1, 1, true));
        Self { generator, first, middle, score }
    }

    /// # Shapes
    /// Condition and picture with its label, each [batch, label + 3, height, width], or a stack of pictures -> outputs of all layers.
    ///
    /// # Errors
    /// Maps of another shape.
    pub fn forward(
        &self,
        condition: Option<Tensor<4>>,
        input: Tensor<4>,
        pass: &mut Pass,
    ) -> Result<Vec<Tensor<4>>, KernelError> {
        let mut outputs = Vec::with_capacity(self.middle.len() + 2);
        let mut x = match (&self.generator, &self.first, condition) {
            (Some(generator), _, Some(condition)) => generator.forward(condition, input, pass)?,
            (_, Some(first), Some(condition)) => first.forward_activated(Tensor::cat(vec![condition, input], 1))?,
            (_, Some(first), None) => first.forward_activated(input)?,
            (_, None, _) => input,
        };
        outputs.push(x.clone());
        for layer in &self.middle {
            x = if layer.norm.is_absorbed() {
                layer.convolution.forward_activated(x, pass)?
            } else {
                layer.norm.forward_activated(layer.convolution.forward(x, pass)?, pass)?
            };
            outputs.push(x.clone());
        }
        outputs.push(self.score.forward(x)?);
        Ok(outputs)
    }
}
