//! FlowNetS: corrects a flow that is nearly right.

use burn::tensor::Tensor;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use super::blocks::{Blocks, FlowBias};
use super::decoder::{Decoder, DecoderKind, Interludes, Pyramid};
use crate::flow::convolution::FrozenConvolution;

/// FlowNetS, 39 million parameters; the cascade has two.
#[derive(Debug)]
pub struct SimpleFlowNet {
    /// From conv1 to conv6_1.
    layers: [FrozenConvolution; 10],
    decoder: Decoder,
}

impl SimpleFlowNet {
    /// Takes `NAME.*`.
    pub fn new(builder: &mut WeightBuilder, name: &'static str) -> Result<Self, SynthesisError> {
        let mut blocks = Blocks::new(builder, name);
        Ok(Self {
            layers: [
                blocks.convolution("conv1", [12, 64], 7, 2)?,
                blocks.convolution("conv2", [64, 128], 5, 2)?,
                blocks.convolution("conv3", [128, 256], 5, 2)?,
                blocks.convolution("conv3_1", [256, 256], 3, 1)?,
                blocks.convolution("conv4", [256, 512], 3, 2)?,
                blocks.convolution("conv4_1", [512, 512], 3, 1)?,
                blocks.convolution("conv5", [512, 512], 3, 2)?,
                blocks.convolution("conv5_1", [512, 512], 3, 1)?,
                blocks.convolution("conv6", [512, 1024], 3, 2)?,
                blocks.convolution("conv6_1", [1024, 1024], 3, 1)?,
            ],
            decoder: Decoder::new(&mut blocks, DecoderKind { flow_bias: FlowBias::Absent, interludes: Interludes::Absent })?,
        })
    }

    /// `[batch, 12, h, w]`: both pictures, the second one warped, the flow it was warped by (divided by 20), the remaining error.
    pub fn forward(&self, x: Tensor<4>) -> Result<Pyramid, KernelError> {
        let [conv1, conv2, conv3, conv3_1, conv4, conv4_1, conv5, conv5_1, conv6, conv6_1] = &self.layers;
        let at2 = conv2.forward(conv1.forward(x)?)?;
        let at3 = conv3_1.forward(conv3.forward(at2.clone())?)?;
        let at4 = conv4_1.forward(conv4.forward(at3.clone())?)?;
        let at5 = conv5_1.forward(conv5.forward(at4.clone())?)?;
        let at6 = conv6_1.forward(conv6.forward(at5.clone())?)?;
        self.decoder.forward(at6, [at5, at4, at3, at2])
    }
}
