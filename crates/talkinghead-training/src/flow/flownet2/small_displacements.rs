//! FlowNetSD: sees what moves by less than a pixel or a few.

use burn::tensor::Tensor;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use super::blocks::{Blocks, FlowBias};
use super::decoder::{Decoder, DecoderKind, Interludes, Pyramid};
use crate::flow::convolution::FrozenConvolution;

/// FlowNetSD, 45 million parameters.
#[derive(Debug)]
pub struct SmallDisplacementFlowNet {
    first: FrozenConvolution,
    /// Levels 1 to 6: the halving convolution, and the one behind it.
    levels: Vec<[FrozenConvolution; 2]>,
    decoder: Decoder,
}

/// Channels in, after the halving, after the second convolution.
const LEVELS: [[usize; 3]; 6] =
    [[64, 64, 128], [128, 128, 128], [128, 256, 256], [256, 512, 512], [512, 512, 512], [512, 1024, 1024]];

impl SmallDisplacementFlowNet {
    /// Takes `flownets_d.*`.
    pub fn new(builder: &mut WeightBuilder) -> Result<Self, SynthesisError> {
        let mut blocks = Blocks::new(builder, "flownets_d");
        let first = blocks.convolution("conv0", [6, 64], 3, 1)?;
        let mut levels = Vec::with_capacity(LEVELS.len());
        for (index, [input, halved, output]) in LEVELS.into_iter().enumerate() {
            let name = format!("conv{}", index + 1);
            levels.push([
                blocks.convolution(&name, [input, halved], 3, 2)?,
                blocks.convolution(&format!("{name}_1"), [halved, output], 3, 1)?,
            ]);
        }
        let decoder = Decoder::new(&mut blocks, DecoderKind { flow_bias: FlowBias::Present, interludes: Interludes::Present })?;
        Ok(Self { first, levels, decoder })
    }

    /// `[batch, 6, h, w]`: both pictures, mean removed.
    pub fn forward(&self, x: Tensor<4>) -> Result<Pyramid, KernelError> {
        let mut x = self.first.forward(x)?;
        let mut features = Vec::with_capacity(self.levels.len());
        for [halve, refine] in &self.levels {
            x = refine.forward(halve.forward(x)?)?;
            features.push(x.clone());
        }
        let skip = |level: usize| features[level - 1].clone();
        self.decoder.forward(x, [skip(5), skip(4), skip(3), skip(2)])
    }
}
