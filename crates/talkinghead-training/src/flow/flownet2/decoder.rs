//! From the deepest features back to a quarter of the picture's size, a flow at every level.

use burn::tensor::Tensor;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;

use super::blocks::{Blocks, FlowBias};
use crate::flow::convolution::FrozenConvolution;

/// Channels of the deepest features.
const DEEPEST: usize = 1024;
/// Channels of the skipped features at levels 5 to 2.
const SKIPPED: [usize; 4] = [512, 512, 256, 128];
/// Channels that come up at levels 5 to 2.
const RAISED: [usize; 4] = [512, 256, 128, 64];

/// What the decoders of the networks differ in.
#[derive(Debug, Clone, Copy)]
pub struct DecoderKind {
    /// Bias of the layers that double the flow.
    pub flow_bias: FlowBias,
    /// Whether a convolution lies between the features of a level and its flow.
    pub interludes: Interludes,
}

/// Whether a convolution lies between features and flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interludes {
    /// It does.
    Present,
    /// The flow comes from the features themselves.
    Absent,
}

/// The decoder that four of the five networks share.
#[derive(Debug)]
pub struct Decoder {
    deepest: FrozenConvolution,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    raise: FrozenConvolution,
    raise_flow: FrozenConvolution,
    interlude: Option<FrozenConvolution>,
    flow: FrozenConvolution,
}

/// Flows of every level.
#[derive(Debug)]
pub struct Pyramid {
    /// Of levels 6 (a 64th of the size) to 3.
    pub coarse: Vec<Tensor<4>>,
    /// Of level 2, a quarter of the size.
    pub finest: Tensor<4>,
}

impl Decoder {
    /// Takes the layers.
    pub fn new(blocks: &mut Blocks<'_>, kind: DecoderKind) -> Result<Self, SynthesisError> {
        let deepest = blocks.flow("predict_flow6", DEEPEST)?;
        let mut below = DEEPEST;
        let mut levels = Vec::with_capacity(4);
        for (index, (skipped, raised)) in SKIPPED.into_iter().zip(RAISED).enumerate() {
            let level = 5 - index;
            let raise = blocks.doubling(&format!("deconv{level}"), below, raised)?;
            let raise_flow = blocks.flow_doubling(&format!("upsampled_flow{}_to_{level}", level + 1), kind.flow_bias)?;
            below = skipped + raised + 2;
            let name = format!("inter_conv{level}");
            let interlude = match kind.interludes {
                Interludes::Present => Some(blocks.interlude(&name, below, raised)?),
                Interludes::Absent => None,
            };
            let input = if interlude.is_some() { raised } else { below };
            let flow = blocks.flow(&format!("predict_flow{level}"), input)?;
            levels.push(Level { raise, raise_flow, interlude, flow });
        }
        Ok(Self { deepest, levels })
    }

    /// `deepest` `[batch, 1024, h / 64, w / 64]`; `skips`: the features of levels 5, 4, 3 and 2.
    pub fn forward(&self, deepest: Tensor<4>, skips: [Tensor<4>; 4]) -> Result<Pyramid, KernelError> {
        let mut flow = self.deepest.forward(deepest.clone())?;
        let mut features = deepest;
        let mut coarse = Vec::with_capacity(self.levels.len());
        for (level, skip) in self.levels.iter().zip(skips) {
            features = Tensor::cat(vec![skip, level.raise.forward(features)?, level.raise_flow.forward(flow.clone())?], 1);
            let seen = match &level.interlude {
                Some(interlude) => interlude.forward(features.clone())?,
                None => features.clone(),
            };
            coarse.push(std::mem::replace(&mut flow, level.flow.forward(seen)?));
        }
        Ok(Pyramid { coarse, finest: flow })
    }
}
