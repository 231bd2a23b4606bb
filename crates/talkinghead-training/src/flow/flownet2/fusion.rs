//! The network that chooses, pixel for pixel, between the flow of large and that of small displacements.

use burn::tensor::Tensor;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use super::blocks::{Blocks, FlowBias};
use crate::flow::convolution::FrozenConvolution;

/// FlowNetFusion, 0.6 million parameters.
#[derive(Debug)]
pub struct FusionNet {
    /// conv0, conv1, conv1_1, conv2, conv2_1.
    down: [FrozenConvolution; 5],
    coarsest: FrozenConvolution,
    /// To half, and to full size.
    up: [Up; 2],
}

#[derive(Debug)]
struct Up {
    raise: FrozenConvolution,
    raise_flow: FrozenConvolution,
    interlude: FrozenConvolution,
    flow: FrozenConvolution,
}

impl Up {
    fn new(blocks: &mut Blocks<'_>, level: usize, [below, raised, skipped]: [usize; 3]) -> Result<Self, SynthesisError> {
        Ok(Self {
            raise: blocks.doubling(&format!("deconv{level}"), below, raised)?,
            raise_flow: blocks.flow_doubling(&format!("upsampled_flow{}_to_{level}", level + 1), FlowBias::Present)?,
            interlude: blocks.interlude(&format!("inter_conv{level}"), skipped + raised + 2, raised)?,
            flow: blocks.flow(&format!("predict_flow{level}"), raised)?,
        })
    }

    /// Features and flow of this level.
    fn forward(&self, skip: Tensor<4>, below: Tensor<4>, flow: Tensor<4>) -> Result<[Tensor<4>; 2], KernelError> {
        let features = Tensor::cat(vec![skip, self.raise.forward(below)?, self.raise_flow.forward(flow)?], 1);
        let flow = self.flow.forward(self.interlude.forward(features.clone())?)?;
        Ok([features, flow])
    }
}

impl FusionNet {
    /// Takes `flownetfusion.*`.
    pub fn new(builder: &mut WeightBuilder) -> Result<Self, SynthesisError> {
        let mut blocks = Blocks::new(builder, "flownetfusion");
        Ok(Self {
            down: [
                blocks.convolution("conv0", [11, 64], 3, 1)?,
                blocks.convolution("conv1", [64, 64], 3, 2)?,
                blocks.convolution("conv1_1", [64, 128], 3, 1)?,
                blocks.convolution("conv2", [128, 128], 3, 2)?,
                blocks.convolution("conv2_1", [128, 128], 3, 1)?,
            ],
            coarsest: blocks.flow("predict_flow2", 128)?,
            up: [Up::new(&mut blocks, 1, [128, 32, 128])?, Up::new(&mut blocks, 0, [162, 16, 64])?],
        })
    }

    /// `[batch, 11, h, w]`: the first picture, both flows, their norms, both remaining errors -> the flow in pixels, `[batch, 2, h, w]`.
    pub fn forward(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        let [conv0, conv1, conv1_1, conv2, conv2_1] = &self.down;
        let full = conv0.forward(x)?;
        let half = conv1_1.forward(conv1.forward(full.clone())?)?;
        let quarter = conv2_1.forward(conv2.forward(half.clone())?)?;
        let flow = self.coarsest.forward(quarter.clone())?;
        let [features, flow] = self.up[0].forward(half, quarter, flow)?;
        let [_, flow] = self.up[1].forward(full, features, flow)?;
        Ok(flow)
    }
}
