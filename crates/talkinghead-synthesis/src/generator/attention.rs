//! Attention over the reference shots: each position of the target label weighs the shots by the same position of their
//! labels.

use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor};

use talkinghead_kernels::burn::is_plain;
use talkinghead_kernels::{KernelError, Precision};

use super::GeneratorConfig;
use crate::layers::{ConvBlock, Pass, operation};
use crate::weights::WeightBuilder;

/// Two label encoders, one for the target (query) and one for the references (keys).
#[derive(Module, Debug)]
pub struct ShotAttention {
    query: Vec<ConvBlock>,
    key: Vec<ConvBlock>,
}

impl ShotAttention {
    /// Takes `netG.atten_gen.*`.
    pub fn new(builder: &mut WeightBuilder, config: &GeneratorConfig) -> Self {
        let mut branch = |name: &str| {
            let prefix = format!("netG.atten_gen.atn_{name}");
            let first = ConvBlock::new(
                builder,
                &format!("{prefix}_first"),
                config.normalisation,
                config.label_width(),
                config.channels(0),
                1,
            );
            let rest = (0..config.merge_depth).map(|i| {
                let (input, output) = (config.channels(i), config.channels(i + 1));
                ConvBlock::new(builder, &format!("{prefix}_{i}"), config.normalisation, input, output, 2)
            });
            std::iter::once(first).chain(rest).collect()
        };
        Self { query: branch("query"), key: branch("key") }
    }

    /// # Shapes
    /// Reference labels [sets * shots, label, H, W] -> keys [sets, shots, c, h, w], h = H / 2^merge_depth.
    pub fn keys(&self, labels: Tensor<4>, shots: usize, pass: &mut Pass) -> Result<Tensor<5>, KernelError> {
        let keys = self.key.iter().try_fold(labels, |x, block| block.forward(x, pass))?;
        let [all, c, h, w] = keys.dims();
        Ok(keys.reshape([all / shots, shots, c, h, w]))
    }

    /// # Shapes
    /// Target label [batch, label, H, W] and keys [1 or batch, shots, c, h, w] -> attention [batch, shots, h, w], summing to 1
    /// over the shots.
    pub fn weigh(&self, label: Tensor<4>, keys: &Tensor<5>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        let query = self.query.iter().try_fold(label, |x, block| block.forward(x, pass))?;
        if is_plain(&query) && is_plain(keys) {
            let attention = || talkinghead_kernels::burn::attention(keys.clone(), query);
            return operation("attention over shots", 0, attention);
        }
        let energy = (keys.clone() * query.unsqueeze_dim::<5>(1)).sum_dim(2).squeeze_dim::<4>(2);
        Ok(softmax(energy, 1))
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let prepare = |blocks: Vec<ConvBlock>| blocks.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>();
        Ok(Self { query: prepare(self.query)?, key: prepare(self.key)? })
    }
}

/// The shot with the largest total attention, `[batch]`; the first of equals.
pub fn strongest_shot(attention: &Tensor<4>) -> Tensor<1, Int> {
    let [batch, shots, h, w] = attention.dims();
    attention.clone().reshape([batch, shots, h * w]).sum_dim(2).squeeze_dim::<2>(2).argmax(1).squeeze_dim::<1>(1)
}
