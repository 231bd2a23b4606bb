//! One improvement of the flow, made again and again by the same weights.

use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, tanh};
use talkinghead_kernels::{Activation, Geometry, KernelError};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use super::correlation;
use crate::flow::convolution::FrozenConvolution;

/// Channels of the hidden state.
pub const HIDDEN: usize = 96;
/// Channels of the context.
pub const CONTEXT: usize = 64;
/// Channels of what is known of the motion, the flow itself among them.
const MOTION: usize = 82;

/// The recurrent part.
#[derive(Debug)]
pub struct UpdateBlock {
    correlation: FrozenConvolution,
    flow: [FrozenConvolution; 2],
    motion: FrozenConvolution,
    /// Update gate, reset gate, candidate.
    gates: [FrozenConvolution; 3],
    head: [FrozenConvolution; 2],
}

impl UpdateBlock {
    /// Takes `update_block.*`.
    pub fn new(builder: &mut WeightBuilder) -> Result<Self, SynthesisError> {
        let mut layer = |key: &str, [input, output]: [usize; 2], kernel: usize, activation: Activation| {
            let geometry = Geometry::new(input, output, kernel).padding(kernel / 2);
            FrozenConvolution::new(builder, &format!("update_block.{key}"), geometry, activation)
        };
        let (relu, plain) = (Activation::LeakyRelu(0.0), Activation::Identity);
        let gate_channels = [HIDDEN + CONTEXT + MOTION, HIDDEN];
        Ok(Self {
            correlation: layer("motion_encoder.convcorr1.0", [correlation::CHANNELS, 96], 1, relu)?,
            flow: [
                layer("motion_encoder.convflow1.0", [2, 64], 7, relu)?,
                layer("motion_encoder.convflow2.0", [64, 32], 3, relu)?,
            ],
            motion: layer("motion_encoder.conv.0", [128, MOTION - 2], 3, relu)?,
            gates: [
                layer("recurrent_block.convgru1.convz", gate_channels, 3, plain)?,
                layer("recurrent_block.convgru1.convr", gate_channels, 3, plain)?,
                layer("recurrent_block.convgru1.convq", gate_channels, 3, plain)?,
            ],
            head: [layer("flow_head.conv1", [HIDDEN, 128], 3, relu)?, layer("flow_head.conv2", [128, 2], 3, plain)?],
        })
    }

    /// The next hidden state and the change of the flow, from the state, the context, what the correlation shows at the flow, and
    /// the flow `[batch, 2, h, w]`.
    pub fn forward(
        &self,
        hidden: Tensor<4>,
        context: Tensor<4>,
        seen: Tensor<4>,
        flow: Tensor<4>,
    ) -> Result<[Tensor<4>; 2], KernelError> {
        let seen = self.correlation.forward(seen)?;
        let of_flow = self.flow[1].forward(self.flow[0].forward(flow.clone())?)?;
        let motion = self.motion.forward(Tensor::cat(vec![seen, of_flow], 1))?;
        let input = Tensor::cat(vec![context, motion, flow], 1);
        let [update, reset, candidate] = &self.gates;
        let both = Tensor::cat(vec![hidden.clone(), input.clone()], 1);
        let update = sigmoid(update.forward(both.clone())?);
        let reset = sigmoid(reset.forward(both)?);
        let candidate = tanh(candidate.forward(Tensor::cat(vec![reset * hidden.clone(), input], 1))?);
        let hidden = hidden.clone() + update * (candidate - hidden);
        let change = self.head[1].forward(self.head[0].forward(hidden.clone())?)?;
        Ok([hidden, change])
    }
}
