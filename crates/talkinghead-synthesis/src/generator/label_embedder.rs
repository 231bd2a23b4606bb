//! Label maps (or warped pictures) at every level of the main branch.

use burn::module::Module;
use burn::tensor::Tensor;
use talkinghead_kernels::{KernelError, Precision};

use super::{EmbedderShape, GeneratedLayer, GeneratorConfig};
use crate::layers::{Convolution, ConvolutionShape, Geometry, convolve_each};
use crate::weights::WeightBuilder;

/// Plain convolutions without normalisation, down and, for the encoder-decoder, up again. Layers whose weights are generated
/// have none of their own.
#[derive(Module, Debug)]
pub struct LabelEmbedder {
    first: Convolution,
    down: Vec<Option<Convolution>>,
    up: Vec<Option<Convolution>>,
    embed_kernel: usize,
    widths: Vec<usize>,
}

impl LabelEmbedder {
    /// Takes `KEY.conv_first.0.*`, `KEY.down_I.0.*`, `KEY.up_I.0.*`; the first `generated` layers have no weights.
    pub fn new(
        builder: &mut WeightBuilder,
        key: &str,
        config: &GeneratorConfig,
        input: usize,
        shape: EmbedderShape,
        generated: usize,
    ) -> Self {
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let first = Convolution::new(builder, &format!("{key}.conv_first.0"), ConvolutionShape::three(input, config.width));
        let decoder = shape == EmbedderShape::EncoderDecoder;
        for i in 0..config.downsamplings {
            let shape = ConvolutionShape::three(config.embedder_channels(i), config.embedder_channels(i + 1)).stride(2);
            let own = decoder || i >= generated;
            down.push(own.then(|| Convolution::new(builder, &format!("{key}.down_{i}.0"), shape)));
        }
        if decoder {
            for i in (0..config.downsamplings).rev() {
                let shape = ConvolutionShape {
                    geometry: Geometry::doubling(1),
                    ..ConvolutionShape::three(config.embedder_channels(i + 1), config.embedder_channels(i))
                };
                up.push((i >= generated).then(|| Convolution::new(builder, &format!("{key}.up_{i}.0"), shape)));
            }
            up.reverse();
        }
        let widths = (0..=config.downsamplings).map(|level| config.embedder_channels(level)).collect();
        Self { first, down, up, embed_kernel: config.embed_kernel, widths }
    }

    /// Levels 0..=n, finest first; only the first `levels` of an encoder are computed.
    ///
    /// # Shapes
    /// [batch, in, H, W] -> level i [batch, width_i, H/2^i, W/2^i].
    ///
    /// # Errors
    /// Maps of another shape.
    pub fn forward(&self, x: Tensor<4>, generated: &[GeneratedLayer], levels: usize) -> Result<Vec<Tensor<4>>, KernelError> {
        let padding = self.embed_kernel / 2;
        let generated_at = |i: usize| generated.get(i).and_then(|layer| layer.embed.as_ref());
        let first = self.first.forward_activated(x)?;
        let mut outputs = vec![first];
        let down_to = if self.up.is_empty() { levels.saturating_sub(1).min(self.down.len()) } else { self.down.len() };
        for (i, own) in self.down[..down_to].iter().enumerate() {
            let x = outputs[i].clone();
            outputs.push(match (own, generated_at(i)) {
                (Some(convolution), _) => convolution.forward_activated(x)?,
                (None, Some(layer)) => convolve_each(x, &layer.weight, Some(&layer.bias), Geometry::new(2, padding))?,
                (None, None) => x,
            });
        }
        if self.up.is_empty() {
            return Ok(outputs);
        }
        let mut x = outputs.swap_remove(self.down.len());
        let mut outputs = vec![x.clone()];
        for (i, own) in self.up.iter().enumerate().rev() {
            x = match (own, generated_at(i)) {
                (Some(convolution), _) => convolution.forward_activated(x)?,
                (None, Some(layer)) => {
                    // Of the generated bias, one number per wide channel, only the first narrow ones are used.
                    let bias = layer.bias.clone().narrow(1, 0, self.widths[i]);
                    convolve_each(x, &layer.weight, Some(&bias), Geometry::doubling(padding))?
                }
                (None, None) => x,
            };
            outputs.push(x.clone());
        }
        outputs.reverse();
        Ok(outputs)
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let prepare = |layers: Vec<Option<Convolution>>| {
            layers.into_iter().map(|layer| layer.map(|part| part.prepare(precision)).transpose()).collect::<Result<_, _>>()
        };
        Ok(Self { first: self.first.prepare(precision)?, down: prepare(self.down)?, up: prepare(self.up)?, ..self })
    }
}
