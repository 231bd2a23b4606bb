//! Encoders, correlation, updates.

use std::path::Path;

use burn::tensor::activation::{relu, tanh};
use burn::tensor::{Device, Tensor};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::{WeightBuilder, Weights, read_weights};

use super::correlation::CorrelationPyramid;
use super::encoder::{Encoder, EncoderNorm};
use super::update::{CONTEXT, HIDDEN, UpdateBlock};
use crate::flow::fingerprint::fingerprint;
use crate::flow::flownet2::check_pictures;
use crate::flow::sampling::{pixel_grid, resize_between_corners};

/// Channels that pictures are compared by.
const FEATURES: usize = 128;
/// Sides must be multiples of the first and at least the second.
pub(crate) const SIDE_STEP: usize = 8;
pub(crate) const LEAST_SIDE: usize = 128;
/// Updates that torchvision makes.
const UPDATES: usize = 12;

/// RAFT-small. Without gradients.
#[derive(Debug)]
pub struct Raft {
    features: Encoder,
    context: Encoder,
    update: UpdateBlock,
    fingerprint: u64,
}

/// The flow after every update, and what lies before it.
#[derive(Debug, Clone)]
pub struct RaftStages {
    /// Pixels, `[batch, 2, h, w]`, one for each update.
    pub flows: Vec<Tensor<4>>,
    /// Features of both pictures, the second one's behind the first one's, `[2 batch, 128, h / 8, w / 8]`.
    pub features: Tensor<4>,
    /// The first picture's context, `[batch, 160, h / 8, w / 8]`.
    pub context: Tensor<4>,
    /// What the correlation shows where nothing moves, `[batch, 196, h / 8, w / 8]`.
    pub correlation: Tensor<4>,
}

impl Raft {
    /// Builds the network from weights under torchvision's keys (`raft_small`).
    ///
    /// # Errors
    /// Every missing, unexpected, misshapen or non-finite tensor.
    pub fn new(weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let fingerprint = fingerprint(&weights);
        let mut builder = WeightBuilder::new(weights, device);
        let features = Encoder::new(&mut builder, "feature_encoder", FEATURES, EncoderNorm::Instance)?;
        let context = Encoder::new(&mut builder, "context_encoder", HIDDEN + CONTEXT, EncoderNorm::Absent)?;
        let update = UpdateBlock::new(&mut builder)?;
        builder.finish()?;
        Ok(Self { features, context, update, fingerprint })
    }

    /// Reads torchvision's weights (`raft_small_C_T_V2-….pth`), or the same tensors in a safetensors file.
    ///
    /// # Errors
    /// As [`Raft::new`], and files that cannot be read.
    pub fn read(path: &Path, device: &Device) -> Result<Self, SynthesisError> {
        Self::new(Weights::Checkpoint(read_weights(path)?.0), device)
    }

    /// A number that tells its weights from others.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Flow from `first` to `second`, `[batch, 3, h, w]`, -1..1, whose sides are multiples of 8 and at least 128.
    ///
    /// # Errors
    /// Pictures of another shape.
    pub fn flow(&self, first: Tensor<4>, second: Tensor<4>) -> Result<Tensor<4>, SynthesisError> {
        let [_, _, height, width] = first.dims();
        let mut small = None;
        self.run(first, second, |flow| small = Some(flow))?;
        small.map(|flow| full_size(flow, height, width)).ok_or_else(|| SynthesisError::ReadBack("no update was made".into()))
    }

    /// The same, with what lies before it.
    ///
    /// # Errors
    /// Pictures of another shape.
    pub fn stages(&self, first: Tensor<4>, second: Tensor<4>) -> Result<RaftStages, SynthesisError> {
        let [_, _, height, width] = first.dims();
        let mut flows = Vec::with_capacity(UPDATES);
        let [features, context, correlation] = self.run(first, second, |flow| flows.push(full_size(flow, height, width)))?;
        Ok(RaftStages { flows, features, context, correlation })
    }

    /// Calls `each` with every update's flow at an eighth of the size; gives features, context and first correlation.
    fn run(
        &self,
        first: Tensor<4>,
        second: Tensor<4>,
        mut each: impl FnMut(Tensor<4>),
    ) -> Result<[Tensor<4>; 3], SynthesisError> {
        check_pictures(&first, &second, SIDE_STEP, LEAST_SIDE)?;
        let batch = first.dims()[0];
        let features = self.features.forward(Tensor::cat(vec![first.clone(), second], 0))?;
        let half = |start: usize| features.clone().narrow(0, start, batch);
        let pyramid = CorrelationPyramid::new(half(0), half(batch));
        let of_context = self.context.forward(first)?;
        let mut hidden = tanh(of_context.clone().narrow(1, 0, HIDDEN));
        let context = relu(of_context.clone().narrow(1, HIDDEN, CONTEXT));
        let [_, _, height, width] = features.dims();
        let start = pixel_grid(height, width, &features.device()).expand([batch, 2, height, width]);
        let mut flow = Tensor::zeros([batch, 2, height, width], &features.device());
        let mut resting = None;
        for _ in 0..UPDATES {
            let seen = pyramid.look_up(start.clone() + flow.clone());
            resting.get_or_insert_with(|| seen.clone());
            let [next, change] = self.update.forward(hidden, context.clone(), seen, flow.clone())?;
            hidden = next;
            flow = flow + change;
            each(flow.clone());
        }
        let correlation = resting.unwrap_or_else(|| pyramid.look_up(start));
        Ok([features, of_context, correlation])
    }
}

fn full_size(flow: Tensor<4>, height: usize, width: usize) -> Tensor<4> {
    resize_between_corners(flow.mul_scalar(8.0), height, width)
}
