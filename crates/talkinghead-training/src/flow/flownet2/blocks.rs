//! The convolutions that FlowNet2 is made of, under its checkpoint's names.

use talkinghead_kernels::{Activation, Geometry};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use crate::flow::convolution::FrozenConvolution;

/// The activation's slope for negative numbers.
pub const SLOPE: f32 = 0.1;

/// Takes the layers of one of the cascade's networks.
pub struct Blocks<'a> {
    builder: &'a mut WeightBuilder,
    network: &'static str,
}

impl<'a> Blocks<'a> {
    /// Of the network with that name.
    pub fn new(builder: &'a mut WeightBuilder, network: &'static str) -> Self {
        Self { builder, network }
    }

    /// Convolution and leaky ReLU; the padding keeps the size but for the stride.
    pub fn convolution(
        &mut self,
        name: &str,
        [input, output]: [usize; 2],
        kernel: usize,
        stride: usize,
    ) -> Result<FrozenConvolution, SynthesisError> {
        let geometry = Geometry::new(input, output, kernel).stride(stride).padding((kernel - 1) / 2);
        self.block(name, geometry, Activation::LeakyRelu(SLOPE))
    }

    /// 3x3 convolution without activation, between a decoder's features and its flow.
    pub fn interlude(&mut self, name: &str, input: usize, output: usize) -> Result<FrozenConvolution, SynthesisError> {
        self.block(name, Geometry::new(input, output, 3).padding(1), Activation::Identity)
    }

    /// Transposed convolution that doubles the size, and leaky ReLU.
    pub fn doubling(&mut self, name: &str, input: usize, output: usize) -> Result<FrozenConvolution, SynthesisError> {
        self.block(name, doubling(input, output), Activation::LeakyRelu(SLOPE))
    }

    /// 3x3 convolution to a flow.
    pub fn flow(&mut self, name: &str, input: usize) -> Result<FrozenConvolution, SynthesisError> {
        let key = format!("{}.{name}", self.network);
        FrozenConvolution::new(self.builder, &key, Geometry::new(input, 2, 3).padding(1), Activation::Identity)
    }

    /// Transposed convolution that doubles a flow's size.
    pub fn flow_doubling(&mut self, name: &str, bias: FlowBias) -> Result<FrozenConvolution, SynthesisError> {
        let key = format!("{}.{name}", self.network);
        match bias {
            FlowBias::Present => FrozenConvolution::new(self.builder, &key, doubling(2, 2), Activation::Identity),
            FlowBias::Absent => FrozenConvolution::without_bias(self.builder, &key, doubling(2, 2)),
        }
    }

    fn block(&mut self, name: &str, geometry: Geometry, activation: Activation) -> Result<FrozenConvolution, SynthesisError> {
        FrozenConvolution::new(self.builder, &format!("{}.{name}.0", self.network), geometry, activation)
    }
}

/// Whether the layers that double a flow have a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowBias {
    /// They have.
    Present,
    /// They have none.
    Absent,
}

fn doubling(input: usize, output: usize) -> Geometry {
    Geometry::new(input, output, 4).stride(2).padding(1).transposed(0)
}
