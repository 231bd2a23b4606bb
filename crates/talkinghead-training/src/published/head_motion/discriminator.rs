//! Real poses or predicted ones: by their means and spreads alone.

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::{Entry, WeightBuilder, Weights};

use super::network::POSE;
use crate::published::initialisation::initial_weights;
use crate::published::layers::Dense;

/// The discriminator of poses; published checkpoints do not hold it.
#[derive(Module, Debug)]
pub struct PoseDiscriminator {
    layer: Dense,
    #[module(skip)]
    entries: Vec<Entry>,
}

impl PoseDiscriminator {
    /// Takes `dis.l.0.*`.
    ///
    /// # Errors
    /// Every missing, unexpected, misshapen or non-finite tensor.
    pub fn new(weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let mut builder = WeightBuilder::new(weights, device);
        let layer = Dense::new(&mut builder, "dis.l.0", 4 * POSE, 1);
        Ok(Self { layer, entries: builder.finish()? })
    }

    /// One that has learned nothing.
    ///
    /// # Errors
    /// None but the device's.
    pub fn untrained(seed: u64, device: &Device) -> Result<Self, SynthesisError> {
        let entries = Self::new(Weights::Zeros, &device.clone().inner())?.entries;
        Self::new(Weights::Checkpoint(initial_weights(&entries, seed)), device)
    }

    /// Normalised poses `[batch, frames, 6]` -> the probability that they are real, `[batch]`. At least three frames.
    pub fn forward(&self, poses: Tensor<3>) -> Tensor<1> {
        let [batch, frames, _] = poses.dims();
        let steps = poses.clone().narrow(1, 1, frames - 1) - poses.clone().narrow(1, 0, frames - 1);
        let [mean, spread] = moments(poses);
        let [step_mean, step_spread] = moments(steps);
        let seen = Tensor::cat(vec![mean, spread, step_mean, step_spread], 1);
        sigmoid(self.layer.forward(seen)).reshape([batch])
    }
}

/// Mean and unbiased standard deviation over time, `[batch, 6]` each.
fn moments(x: Tensor<3>) -> [Tensor<2>; 2] {
    let [batch, frames, channels] = x.dims();
    let mean = x.clone().mean_dim(1);
    let centred = x - mean.clone();
    let square = (centred.clone() * centred).sum_dim(1).div_scalar((frames - 1) as f32);
    [mean, square.sqrt()].map(|moment| moment.reshape([batch, channels]))
}
