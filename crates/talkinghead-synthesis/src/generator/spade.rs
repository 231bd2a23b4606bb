//! SPADE: normalised features, scaled and offset position by position as maps demand.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use talkinghead_kernels::burn::SpadeMap;
use talkinghead_kernels::{InstructionSet, KernelError, ModulationWeights, Precision};

use super::GeneratedModulation;
use crate::layers::{
    Convolution, ConvolutionShape, Geometry, Normalisation, NormalisationKind, Pass, convolve_each, host_values, resize_bilinear,
};
use crate::weights::WeightBuilder;

/// Scale and offset convolutions for one map.
#[derive(Module, Debug)]
struct Modulation {
    /// Scale; once prepared, scale + 1 and offset in one convolution of twice the channels.
    gamma: Convolution,
    /// Offset; absent once prepared.
    beta: Option<Convolution>,
}

impl Modulation {
    /// `y * (1 + gamma) + beta`.
    fn apply(&self, y: Tensor<4>, map: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        Ok(match &self.beta {
            Some(beta) => {
                let scale = self.gamma.forward(map.clone())?;
                y * scale.add_scalar(1.0) + beta.forward(map)?
            }
            None => {
                let channels = y.dims()[1];
                let both = self.gamma.forward(map)?;
                y * both.clone().narrow(1, 0, channels) + both.narrow(1, channels, channels)
            }
        })
    }

    fn pack(&self) -> Result<ModulationWeights, KernelError> {
        let values = |part: Option<&Convolution>| part.map_or_else(Vec::new, |part| host_values(part.weight()));
        let bias = |part: Option<&Convolution>| part.and_then(Convolution::bias).map_or_else(Vec::new, host_values);
        let (gamma, beta) = (Some(&self.gamma), self.beta.as_ref());
        let biases = [bias(gamma), bias(beta)];
        let channels = self.gamma.weight().dims()[0];
        let biases = Some([biases[0].as_slice(), biases[1].as_slice()]);
        let weights = [values(gamma), values(beta)];
        ModulationWeights::new(InstructionSet::chosen_or_fastest(), channels, &weights[0], &weights[1], biases)
    }

    fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let Some(beta) = self.beta else { return Ok(self) };
        let weight = Tensor::cat(vec![self.gamma.weight(), beta.weight()], 0);
        let bias = match (self.gamma.bias(), beta.bias()) {
            (Some(gamma), Some(beta)) => Some(Tensor::cat(vec![gamma.add_scalar(1.0), beta], 0)),
            _ => None,
        };
        Ok(Self { gamma: Convolution::constant(weight, bias, self.gamma.geometry(), precision)?, beta: None })
    }
}

/// Scale and offset of a prepared batch normalisation, `[1, channels, 1, 1]`.
#[derive(Module, Debug)]
struct ScaleAndShift {
    scale: Param<Tensor<4>>,
    shift: Param<Tensor<4>>,
}

/// A norm with constant weights for the fused kernel.
#[derive(Debug, Clone)]
pub struct PackedSpade {
    /// Scale and shift per channel; absent where the norm has been applied already.
    norm: Option<[Vec<f32>; 2]>,
    /// Weights of each map; none where they are generated.
    pub maps: Vec<Option<ModulationWeights>>,
}

impl PackedSpade {
    /// The scale (0) or shift (1) per channel.
    pub fn part(&self, index: usize) -> Option<&[f32]> {
        self.norm.as_ref().map(|norm| norm[index].as_slice())
    }
}

/// One normalisation with modulations for a list of maps, applied one after the other.
#[derive(Module, Debug)]
pub struct Spade {
    norm: Normalisation,
    #[module(skip)]
    packed: Option<Arc<PackedSpade>>,
    prepared: Option<ScaleAndShift>,
    /// One per map; none where the weights are generated.
    modulations: Vec<Option<Modulation>>,
    padding: usize,
}

/// What a [`Spade`] is made of.
#[derive(Debug, Clone, Copy)]
pub struct SpadeShape {
    /// Channels of the features.
    pub channels: usize,
    /// Channels of each map.
    pub hidden: usize,
    /// Number of maps.
    pub maps: usize,
    /// Kernel of the modulation convolutions, odd.
    pub kernel: usize,
    /// Whether the first map's weights are generated.
    pub generated: bool,
    /// Normalisation of the features.
    pub normalisation: NormalisationKind,
}

impl Spade {
    /// Takes `KEY.mlp_gamma*`, `KEY.mlp_beta*` and `KEY.batch_norm.*`.
    pub fn new(builder: &mut WeightBuilder, key: &str, shape: SpadeShape) -> Self {
        let padding = shape.kernel / 2;
        let convolution = ConvolutionShape {
            input: shape.hidden,
            output: shape.channels,
            kernel: shape.kernel,
            bias: true,
            geometry: Geometry::new(1, padding),
        };
        let modulations = (0..shape.maps)
            .map(|map| {
                let number = if map == 0 { String::new() } else { (map + 1).to_string() };
                (map > 0 || !shape.generated).then(|| Modulation {
                    gamma: Convolution::new(builder, &format!("{key}.mlp_gamma{number}"), convolution),
                    beta: Some(Convolution::new(builder, &format!("{key}.mlp_beta{number}"), convolution)),
                })
            })
            .collect();
        let norm = Normalisation::plain(builder, &format!("{key}.batch_norm"), shape.normalisation, shape.channels);
        Self { norm, packed: None, prepared: None, modulations, padding }
    }

    /// Modulates `x` [batch, channels, height, width] by the maps that are present, in order. Maps of another size are resized.
    ///
    /// # Errors
    /// Features or maps of another shape.
    pub fn forward(
        &self,
        x: Tensor<4>,
        maps: &[Option<Tensor<4>>],
        generated: Option<&GeneratedModulation>,
        pass: &mut Pass,
    ) -> Result<Tensor<4>, KernelError> {
        let [_, _, height, width] = x.dims();
        let mut y = match &self.prepared {
            Some(prepared) => x * prepared.scale.val() + prepared.shift.val(),
            None => self.norm.forward(x, pass)?,
        };
        for (own, map) in self.modulations.iter().zip(maps) {
            let Some(map) = map else { continue };
            let map = resize_bilinear(map.clone(), height, width);
            y = match (own, generated) {
                (Some(modulation), _) => modulation.apply(y, map)?,
                (None, Some(generated)) => {
                    let geometry = Geometry::new(1, self.padding);
                    let scale = convolve_each(map.clone(), &generated.gamma, None, geometry)?;
                    let offset = convolve_each(map, &generated.beta, None, geometry)?;
                    y * scale.add_scalar(1.0) + offset
                }
                (None, None) => y,
            };
        }
        Ok(y)
    }

    /// The maps that are present and their weights as the fused operation of training takes them; `None` where it cannot: larger kernels,
    /// instance norms, prepared layers.
    pub fn trained(
        &self,
        maps: &[Option<Tensor<4>>],
        generated: Option<&GeneratedModulation>,
        [height, width]: [usize; 2],
    ) -> Option<Vec<SpadeMap>> {
        if self.padding != 0 || self.prepared.is_some() || !self.norm.is_plain_batch() {
            return None;
        }
        let present = self.modulations.iter().zip(maps).filter_map(|(own, map)| Some((own, map.clone()?)));
        let trained = present.map(|(own, map)| {
            let map = resize_bilinear(map, height, width);
            match (own, generated) {
                (Some(Modulation { gamma, beta: Some(beta) }), _) => {
                    let weight = Tensor::cat(vec![gamma.weight(), beta.weight()], 0);
                    let [twice, hidden, _, _] = weight.dims();
                    let bias = gamma.bias().zip(beta.bias()).map(|(gamma, beta)| Tensor::cat(vec![gamma, beta], 0));
                    Some(SpadeMap { map, weight: weight.reshape([1, twice, hidden]), bias })
                }
                (None, Some(GeneratedModulation { gamma, beta })) => {
                    let weight = Tensor::cat(vec![gamma.clone(), beta.clone()], 1);
                    let [sets, twice, hidden, _, _] = weight.dims();
                    Some(SpadeMap { map, weight: weight.reshape([sets, twice, hidden]), bias: None })
                }
                _ => None,
            }
        });
        trained.collect()
    }

    /// Takes a batch's statistics; see [`Normalisation::advance`].
    pub fn advance(&self, mean: Tensor<1>, variance: Tensor<1>, count: usize) {
        self.norm.advance(mean, variance, count);
    }

    /// The constant norm for the fused kernel, if there is one.
    pub fn packed(&self) -> Option<&PackedSpade> {
        self.packed.as_deref()
    }

    /// For inference: packed for the fused kernel where that can take it, else with one convolution a map.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        if let (0, Some(norm)) = (self.padding, self.norm.constant()) {
            let maps = self.modulations.iter().map(|modulation| modulation.as_ref().map(Modulation::pack).transpose());
            let maps = maps.collect::<Result<_, _>>()?;
            let packed = Some(Arc::new(PackedSpade { norm: Some(norm), maps }));
            return Ok(Self { packed, modulations: Vec::new(), ..self });
        }
        let prepared = self.norm.scale_and_shift().map(|(scale, shift)| {
            let channels = scale.dims()[0];
            let param = |values: Tensor<1>| Param::from_tensor(values.reshape([1, channels, 1, 1]));
            ScaleAndShift { scale: param(scale), shift: param(shift) }
        });
        let modulations = self.modulations.into_iter();
        let modulations = modulations.map(|modulation| modulation.map(|part| part.prepare(precision)).transpose());
        Ok(Self { prepared, modulations: modulations.collect::<Result<_, _>>()?, ..self })
    }
}
