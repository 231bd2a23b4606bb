//! One level of the main branch: a residual block whose norms are SPADE.

use burn::module::Module;
use burn::tensor::Tensor;

use talkinghead_kernels::{Activation, KernelError, Precision};

use super::modulation::{SpadeInput, modulate};
use super::spade::{Spade, SpadeShape};
use super::{GeneratedLayer, GeneratedModulation, GeneratorConfig};
use crate::layers::{ConvolutionShape, Pass, SLOPE, SpectralConvolution, pointwise};
use crate::weights::WeightBuilder;

/// Residual block with SPADE norms. On levels that compose in the hybrid design, each map modulates a norm of its own and
/// the results are averaged; elsewhere one norm takes all maps in turn.
#[derive(Module, Debug)]
pub struct MainBlock {
    conv_0: SpectralConvolution,
    conv_1: SpectralConvolution,
    conv_s: Option<SpectralConvolution>,
    norms_0: Vec<Spade>,
    norms_1: Vec<Spade>,
    norm_s: Option<Spade>,
    averages: bool,
}

impl MainBlock {
    /// Takes `netG.up_LEVEL.*`.
    pub fn new(builder: &mut WeightBuilder, config: &GeneratorConfig, level: usize) -> Self {
        let key = format!("netG.up_{level}");
        let (input, output) = (config.channels(level + 1), config.channels(level));
        // Width min(3 * input, output) or min(input, output): the same, as levels never widen.
        let middle = input.min(output);
        let conv_0 = SpectralConvolution::new(builder, &format!("{key}.conv_0"), ConvolutionShape::three(input, middle));
        let conv_1 = SpectralConvolution::new(builder, &format!("{key}.conv_1"), ConvolutionShape::three(middle, output));
        let conv_s =
            (input != output).then(|| SpectralConvolution::new(builder, &format!("{key}.conv_s"), pointwise(input, output)));
        let averages = config.averages(level);
        let all = SpadeShape {
            channels: input,
            hidden: config.channels(level),
            maps: config.maps(level),
            kernel: config.spade_kernel,
            generated: level < config.adaptive_layers(),
            normalisation: config.normalisation,
        };
        let (mut norms_0, mut norms_1) = (Vec::new(), Vec::new());
        if averages {
            for map in 0..all.maps {
                let one = SpadeShape { maps: 1, generated: all.generated && map == 0, ..all };
                norms_0.push(Spade::new(builder, &format!("{key}.bn_0_{map}"), one));
                norms_1.push(Spade::new(builder, &format!("{key}.bn_1_{map}"), SpadeShape { channels: middle, ..one }));
            }
        } else {
            norms_0.push(Spade::new(builder, &format!("{key}.bn_0"), all));
            norms_1.push(Spade::new(builder, &format!("{key}.bn_1"), SpadeShape { channels: middle, ..all }));
        }
        let norm_s = conv_s.is_some().then(|| Spade::new(builder, &format!("{key}.bn_s"), all));
        Self { conv_0, conv_1, conv_s, norms_0, norms_1, norm_s, averages }
    }

    /// # Shapes
    /// `x` [batch, in, height, width], maps [batch, hidden, any, any] -> [batch, out, height, width].
    ///
    /// # Errors
    /// Features or maps of another shape.
    pub fn forward(
        &self,
        x: Tensor<4>,
        maps: &[Option<Tensor<4>>],
        generated: Option<&GeneratedLayer>,
        pass: &mut Pass,
    ) -> Result<Tensor<4>, KernelError> {
        let shortcut = match (&self.conv_s, &self.norm_s) {
            (Some(conv), Some(norm)) => {
                let generated = generated.map(|layer| &layer.norm_s);
                let all = SpadeInput { maps, generated };
                let normed = modulate(std::slice::from_ref(norm), x.clone(), &[all], Activation::Identity, pass)?;
                conv.forward(normed, pass)?
            }
            _ => x.clone(),
        };
        let y = self.modulate(&self.norms_0, x, maps, generated.map(|layer| &layer.norm_0), pass)?;
        let y = self.conv_0.forward(y, pass)?;
        let y = self.modulate(&self.norms_1, y, maps, generated.map(|layer| &layer.norm_1), pass)?;
        self.conv_1.forward_onto(shortcut, y, pass)
    }

    /// Modulated features behind the activation: by all maps in turn, or the mean over a norm for each map that is present.
    fn modulate(
        &self,
        norms: &[Spade],
        x: Tensor<4>,
        maps: &[Option<Tensor<4>>],
        generated: Option<&GeneratedModulation>,
        pass: &mut Pass,
    ) -> Result<Tensor<4>, KernelError> {
        let activation = Activation::LeakyRelu(SLOPE);
        if !self.averages {
            return modulate(norms, x, &[SpadeInput { maps, generated }], activation, pass);
        }
        let inputs: Vec<SpadeInput<'_>> =
            maps.iter().map(|map| SpadeInput { maps: std::slice::from_ref(map), generated }).collect();
        let present: Vec<usize> = (0..norms.len().min(maps.len())).filter(|&index| maps[index].is_some()).collect();
        if present.is_empty() {
            return Ok(x);
        }
        let norms: Vec<&Spade> = present.iter().map(|&index| &norms[index]).collect();
        let inputs: Vec<SpadeInput<'_>> = present.iter().map(|&index| inputs[index]).collect();
        modulate(&norms, x, &inputs, activation, pass)
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        Ok(Self {
            conv_0: self.conv_0.prepare(precision)?,
            conv_1: self.conv_1.prepare(precision)?,
            conv_s: self.conv_s.map(|part| part.prepare(precision)).transpose()?,
            norms_0: self.norms_0.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            norms_1: self.norms_1.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            norm_s: self.norm_s.map(|part| part.prepare(precision)).transpose()?,
            averages: self.averages,
        })
    }
}
