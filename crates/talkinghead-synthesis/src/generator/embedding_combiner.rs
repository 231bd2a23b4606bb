//! The reference embedding at every level: for each, a matrix of image channels by label channels.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use talkinghead_kernels::{KernelError, Precision};

use super::GeneratorConfig;
use crate::layers::{ConvBlock, Mode, Pass, operation};
use crate::weights::WeightBuilder;

/// Narrows image and label embedding level by level. Despite the names of its weights nothing is upsampled: every level
/// stays at the coarsest size.
#[derive(Module, Debug)]
pub struct EmbeddingCombiner {
    image: Vec<ConvBlock>,
    label: Vec<ConvBlock>,
}

impl EmbeddingCombiner {
    /// Takes `netG.comb_encoder.*`.
    pub fn new(builder: &mut WeightBuilder, config: &GeneratorConfig) -> Self {
        let mut branch = |name: &str| {
            (0..config.downsamplings)
                .map(|i| {
                    let key = format!("netG.comb_encoder.ref_{name}_up_{i}");
                    ConvBlock::new(builder, &key, config.normalisation, config.channels(i + 1), config.channels(i), 1)
                })
                .collect()
        };
        Self { image: branch("img"), label: branch("label") }
    }

    /// One matrix `[batch, channels, channels]` per level 1..=n; entry 0 of the result is level 1. Level 0 is used by
    /// nothing; it is computed only where its side effects or its record are wanted.
    ///
    /// # Shapes
    /// Image and label embedding, each [batch, C, h, w].
    ///
    /// # Errors
    /// Embeddings of another shape.
    pub fn forward(&self, image: Tensor<4>, label: Tensor<4>, pass: &mut Pass) -> Result<Vec<Tensor<3>>, KernelError> {
        let (mut x, mut y) = (image, label);
        let mut levels = Vec::with_capacity(self.image.len());
        for level in (0..self.image.len()).rev() {
            levels.push(product(&x, &y));
            pass.record(|| format!("encoded_ref.{}", level + 1), &levels[levels.len() - 1].clone().unsqueeze_dim::<4>(3));
            if level > 0 || pass.mode == Mode::Training || pass.is_traced() {
                x = self.image[level].forward(x, pass)?;
                y = self.label[level].forward(y, pass)?;
            }
        }
        if pass.is_traced() {
            let finest = product(&x, &y);
            pass.record(|| "encoded_ref.0".into(), &finest.unsqueeze_dim::<4>(3));
        }
        levels.reverse();
        Ok(levels)
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let prepare = |blocks: Vec<ConvBlock>| blocks.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>();
        Ok(Self { image: prepare(self.image)?, label: prepare(self.label)? })
    }
}

/// Image features [b, k, p] times label features [b, l, p], these softmaxed over their channels, summed over positions p.
fn product(image: &Tensor<4>, label: &Tensor<4>) -> Tensor<3> {
    let [batch, channels, h, w] = image.dims();
    let image = image.clone().reshape([batch, channels, h * w]);
    let label = softmax(label.clone().reshape([batch, channels, h * w]), 1);
    operation("embedding product", batch * channels * channels * h * w, || {
        talkinghead_kernels::burn::product(image, label.swap_dims(1, 2))
    })
}
