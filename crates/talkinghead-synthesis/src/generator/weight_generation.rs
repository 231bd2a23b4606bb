//! Adaptive SPADE: modulation weights of the finest layers, generated from the reference embedding.

use burn::module::Module;
use burn::tensor::Tensor;

use super::GeneratorConfig;
use crate::layers::{Pass, SpectralLinear};
use crate::weights::WeightBuilder;

/// Generated gamma and beta weights of one SPADE, each `[sets, out, in, k, k]`.
#[derive(Debug, Clone)]
pub struct GeneratedModulation {
    /// Scale.
    pub gamma: Tensor<5>,
    /// Offset.
    pub beta: Tensor<5>,
}

/// Generated weights of one label-embedder layer.
#[derive(Debug, Clone)]
pub struct GeneratedConvolution {
    /// `[sets, wide, narrow, k, k]`.
    pub weight: Tensor<5>,
    /// `[sets, wide]`.
    pub bias: Tensor<2>,
}

/// All generated weights of one layer.
#[derive(Debug, Clone)]
pub struct GeneratedLayer {
    /// For the first norm of the block.
    pub norm_0: GeneratedModulation,
    /// For the second norm of the block.
    pub norm_1: GeneratedModulation,
    /// For the norm of the shortcut.
    pub norm_s: GeneratedModulation,
    /// For the label embedder.
    pub embed: Option<GeneratedConvolution>,
}

/// Chains of linear layers (no activation between them) for one layer.
#[derive(Module, Debug)]
struct LayerGenerator {
    spade_0: Vec<SpectralLinear>,
    spade_1: Vec<SpectralLinear>,
    spade_s: Vec<SpectralLinear>,
    embed: Option<Vec<SpectralLinear>>,
    narrow: usize,
    wide: usize,
}

/// Generates weights from the reference embedding, one linear chain per use.
#[derive(Module, Debug)]
pub struct WeightGenerator {
    layers: Vec<LayerGenerator>,
    spade_kernel: usize,
    embed_kernel: usize,
    levels: usize,
}

impl WeightGenerator {
    /// Takes `netG.weight_gen.fc_spade_{0,1,s,e}_I.J.*`; `None` without adaptive layers.
    pub fn new(builder: &mut WeightBuilder, config: &GeneratorConfig) -> Option<Self> {
        let adaptive = config.adaptive?;
        let (k, e) = (config.spade_kernel, config.embed_kernel);
        let layers = (0..adaptive.layers)
            .map(|i| {
                let (narrow, wide) = (config.channels(i), config.channels(i + 1));
                let per_row = narrow * k * k + 1;
                let middle = per_row * if narrow == wide { 2 } else { 1 };
                let mut chain = |name: &str, output: usize| -> Vec<SpectralLinear> {
                    let count = adaptive.extra_linear_layers.max(1);
                    (0..=count)
                        .map(|j| {
                            let key = format!("netG.weight_gen.fc_spade_{name}_{i}.{j}");
                            SpectralLinear::new(builder, &key, wide, if j == count { output } else { wide })
                        })
                        .collect()
                };
                let (spade_0, spade_1, spade_s) = (chain("0", 2 * per_row), chain("1", middle), chain("s", 2 * per_row));
                let embed = adaptive.label_embedder.then(|| chain("e", narrow * e * e + 1));
                LayerGenerator { spade_0, spade_1, spade_s, embed, narrow, wide }
            })
            .collect();
        Some(Self { layers, spade_kernel: k, embed_kernel: e, levels: config.downsamplings })
    }

    /// # Shapes
    /// Level i of `embedding` is [sets, c, c] with c the width of main-branch level i + 1.
    pub fn forward(&self, embedding: &[Tensor<3>], pass: &mut Pass) -> Vec<GeneratedLayer> {
        (0..self.layers.len()).map(|i| self.layer(i, &embedding[(i + 1).min(self.levels) - 1], pass)).collect()
    }

    fn layer(&self, i: usize, embedding: &Tensor<3>, pass: &mut Pass) -> GeneratedLayer {
        let layer = &self.layers[i];
        let (narrow, wide, k) = (layer.narrow, layer.wide, self.spade_kernel);
        let [sets, rows, columns] = embedding.dims();
        let input = embedding.clone().reshape([sets * rows, columns]);
        let mut run = |chain: &[SpectralLinear]| -> Tensor<2> {
            let output = chain.iter().fold(input.clone(), |x, linear| linear.forward(x, pass));
            let per_row = output.dims()[1];
            output.reshape([sets, rows * per_row])
        };
        let (flat_0, flat_1, flat_s) = (run(&layer.spade_0), run(&layer.spade_1), run(&layer.spade_s));
        let flat_e = layer.embed.as_ref().map(|chain| run(chain));
        let mut cut = |flat: Tensor<2>, output: usize, name: &str| {
            let half = output * (narrow * k * k + 1);
            let gamma = Cut { sets, start: 0, output, input: narrow, kernel: k };
            let beta = Cut { start: half, ..gamma };
            for (part, which) in [(&gamma, "gamma"), (&beta, "beta")] {
                pass.record(|| format!("norm_weight.{i}.{name}.{which}.weight"), &part.weight(&flat));
                pass.record(|| format!("norm_weight.{i}.{name}.{which}.bias"), &part.bias(&flat));
            }
            GeneratedModulation { gamma: gamma.weight(&flat), beta: beta.weight(&flat) }
        };
        let (norm_0, norm_1, norm_s) = (cut(flat_0, wide, "0"), cut(flat_1, narrow, "1"), cut(flat_s, wide, "s"));
        let embed = flat_e.map(|flat| {
            let part = Cut { sets, start: 0, output: wide, input: narrow, kernel: self.embed_kernel };
            let generated = GeneratedConvolution { weight: part.weight(&flat), bias: part.bias(&flat) };
            pass.record(|| format!("embed_weight.{i}.weight"), &generated.weight);
            pass.record(|| format!("embed_weight.{i}.bias"), &generated.bias);
            generated
        });
        GeneratedLayer { norm_0, norm_1, norm_s, embed }
    }

    /// For inference: each chain becomes one linear layer.
    pub fn prepare(self) -> Self {
        let layers = self
            .layers
            .into_iter()
            .map(|layer| LayerGenerator {
                spade_0: SpectralLinear::prepare_chain(layer.spade_0),
                spade_1: SpectralLinear::prepare_chain(layer.spade_1),
                spade_s: SpectralLinear::prepare_chain(layer.spade_s),
                embed: layer.embed.map(SpectralLinear::prepare_chain),
                ..layer
            })
            .collect();
        Self { layers, ..self }
    }
}

/// Where a weight and its bias lie in a flat vector of generated numbers.
#[derive(Clone, Copy)]
struct Cut {
    sets: usize,
    start: usize,
    output: usize,
    input: usize,
    kernel: usize,
}

impl Cut {
    fn weight(&self, flat: &Tensor<2>) -> Tensor<5> {
        let Self { sets, start, output, input, kernel } = *self;
        let length = output * input * kernel * kernel;
        flat.clone().slice([0..sets, start..start + length]).reshape([sets, output, input, kernel, kernel])
    }

    fn bias(&self, flat: &Tensor<2>) -> Tensor<2> {
        let start = self.start + self.output * self.input * self.kernel * self.kernel;
        flat.clone().slice([0..self.sets, start..start + self.output])
    }
}
