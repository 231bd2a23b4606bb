//! FlowNetC: looks for each patch of one picture in the other.

use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use super::blocks::{Blocks, FlowBias, SLOPE};
use super::correlation::{DISPLACEMENTS, correlation};
use super::decoder::{Decoder, DecoderKind, Interludes, Pyramid};
use crate::flow::convolution::FrozenConvolution;

/// FlowNetC, 39 million parameters.
#[derive(Debug)]
pub struct CorrelatedFlowNet {
    /// On each picture.
    apart: [FrozenConvolution; 3],
    redirect: FrozenConvolution,
    /// On what is found, from conv3_1 to conv6_1.
    joint: [FrozenConvolution; 7],
    decoder: Decoder,
}

/// What it finds.
#[derive(Debug)]
pub struct CorrelatedFlow {
    /// Flows of every level.
    pub pyramid: Pyramid,
    /// Features of the second picture, `[batch, 256, h / 8, w / 8]`.
    pub features: Tensor<4>,
    /// Correlation before its activation, `[batch, 441, h / 8, w / 8]`.
    pub correlation: Tensor<4>,
}

impl CorrelatedFlowNet {
    /// Takes `flownetc.*`.
    pub fn new(builder: &mut WeightBuilder) -> Result<Self, SynthesisError> {
        let mut blocks = Blocks::new(builder, "flownetc");
        Ok(Self {
            apart: [
                blocks.convolution("conv1", [3, 64], 7, 2)?,
                blocks.convolution("conv2", [64, 128], 5, 2)?,
                blocks.convolution("conv3", [128, 256], 5, 2)?,
            ],
            redirect: blocks.convolution("conv_redir", [256, 32], 1, 1)?,
            joint: [
                blocks.convolution("conv3_1", [32 + DISPLACEMENTS, 256], 3, 1)?,
                blocks.convolution("conv4", [256, 512], 3, 2)?,
                blocks.convolution("conv4_1", [512, 512], 3, 1)?,
                blocks.convolution("conv5", [512, 512], 3, 2)?,
                blocks.convolution("conv5_1", [512, 512], 3, 1)?,
                blocks.convolution("conv6", [512, 1024], 3, 2)?,
                blocks.convolution("conv6_1", [1024, 1024], 3, 1)?,
            ],
            decoder: Decoder::new(&mut blocks, DecoderKind { flow_bias: FlowBias::Present, interludes: Interludes::Absent })?,
        })
    }

    /// Two of `[batch, 3, h, w]`, mean removed.
    pub fn forward(&self, first: Tensor<4>, second: Tensor<4>) -> Result<CorrelatedFlow, KernelError> {
        let [conv1, conv2, conv3] = &self.apart;
        let shallow = conv2.forward(conv1.forward(first)?)?;
        let features = conv3.forward(shallow.clone())?;
        let others = conv3.forward(conv2.forward(conv1.forward(second)?)?)?;
        let correlation = correlation(features.clone(), others.clone());
        let found = leaky_relu(correlation.clone(), f64::from(SLOPE));
        let [conv3_1, conv4, conv4_1, conv5, conv5_1, conv6, conv6_1] = &self.joint;
        let at3 = conv3_1.forward(Tensor::cat(vec![self.redirect.forward(features)?, found], 1))?;
        let at4 = conv4_1.forward(conv4.forward(at3.clone())?)?;
        let at5 = conv5_1.forward(conv5.forward(at4.clone())?)?;
        let at6 = conv6_1.forward(conv6.forward(at5.clone())?)?;
        let pyramid = self.decoder.forward(at6, [at5, at4, at3, shallow])?;
        Ok(CorrelatedFlow { pyramid, features: others, correlation })
    }
}
