//! The network: convolutions over raw samples, the coefficients of an example, and what both come to.

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::{Entry, StateDict, WeightBuilder, Weights, read_weights, state_dict_of};

use super::components::COMPONENTS;
use super::preparation::SAMPLES;
use crate::published::initialisation::initial_weights;
use crate::published::layers::{Along, Dense, Run, TimeConvolution, TimeNorm, activated};

/// Channels from one convolution to the next.
const CHANNELS: [usize; 8] = [1, 64, 64, 128, 128, 256, 256, 512];
const KERNEL: usize = 21;
const STRIDE: usize = 2;
/// Numbers behind the convolutions: 512 channels at 90 places.
const FEATURES: usize = 46_080;
const HIDDEN: usize = 256;
const DROPOUT: f32 = 0.2;
/// What the keys begin with.
const PREFIX: &str = "expression";

/// Coefficients of landmarks from sound.
#[derive(Module, Debug)]
pub struct LandmarkNetwork {
    convolutions: Vec<TimeConvolution>,
    norms: Vec<TimeNorm>,
    heard: Dense,
    example: Dense,
    last: Dense,
    #[module(skip)]
    entries: Vec<Entry>,
}

impl LandmarkNetwork {
    /// Builds the network from weights under the published keys, with or without the prefix `expression.`.
    ///
    /// # Errors
    /// Every missing, unexpected, misshapen or non-finite tensor.
    pub fn new(weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let mut builder = WeightBuilder::new(prefixed(weights), device);
        let b = &mut builder;
        let along = Along { stride: STRIDE, padding: 0 };
        let (mut convolutions, mut norms) = (Vec::new(), Vec::new());
        for (index, channels) in CHANNELS.windows(2).enumerate() {
            let (input, output) = (channels[0], channels[1]);
            let number = index + 1;
            convolutions.push(TimeConvolution::new(b, &format!("{PREFIX}.conv{number}"), [output, input, KERNEL], along));
            norms.push(TimeNorm::new(b, &format!("{PREFIX}.norm{number}"), output));
        }
        let heard = Dense::new(b, &format!("{PREFIX}.fc1"), FEATURES, HIDDEN);
        let last = Dense::new(b, &format!("{PREFIX}.fc2"), 2 * HIDDEN, COMPONENTS);
        let example = Dense::new(b, &format!("{PREFIX}.lmark_fc1"), COMPONENTS, HIDDEN);
        let entries = builder.finish()?;
        Ok(Self { convolutions, norms, heard, example, last, entries })
    }

    /// Reads a checkpoint, or a safetensors file of ours.
    ///
    /// # Errors
    /// As [`LandmarkNetwork::new`], and files that cannot be read.
    pub fn read(path: &Path, device: &Device) -> Result<Self, SynthesisError> {
        Self::new(Weights::Checkpoint(read_weights(path)?.0), device)
    }

    /// A network that has learned nothing.
    ///
    /// # Errors
    /// None but the device's.
    pub fn untrained(seed: u64, device: &Device) -> Result<Self, SynthesisError> {
        let entries = Self::new(Weights::Zeros, &device.clone().inner())?.entries;
        Self::new(Weights::Checkpoint(initial_weights(&entries, seed)), device)
    }

    /// Its tensors under the published keys.
    ///
    /// # Errors
    /// The device failed.
    pub fn state_dict(&self) -> Result<StateDict, SynthesisError> {
        state_dict_of(self, &self.entries)
    }

    /// What the convolutions hear: samples `[batch, 1, 14000]` -> `[batch, 46080]`, channel by channel.
    ///
    /// # Errors
    /// Another number of samples.
    pub fn listen(&self, sound: Tensor<3>, run: &mut Run) -> Result<Tensor<2>, SynthesisError> {
        let [batch, channels, samples] = sound.dims();
        if [channels, samples] != [1, SAMPLES] {
            let (wanted, found) = (vec![batch, 1, SAMPLES], vec![batch, channels, samples]);
            return Err(KernelError::Shape { what: "sound", wanted, found }.into());
        }
        let mut x = sound;
        for (convolution, norm) in self.convolutions.iter().zip(&self.norms) {
            x = if run.is_evaluation() { convolution.forward_in_parts(x)? } else { convolution.forward(x)? };
            x = activated(norm.forward(x, run)?);
            x = run.drop_out(x, DROPOUT);
        }
        Ok(x.reshape([batch, FEATURES]))
    }

    /// Coefficients `[batch, 20]` from what was heard `[batch, 46080]` and the coefficients of an example of the face at rest
    /// `[batch, 20]`.
    pub fn coefficients(&self, heard: Tensor<2>, example: Tensor<2>, run: &mut Run) -> Tensor<2> {
        let heard = if run.is_evaluation() { self.heard.forward_in_parts(heard) } else { self.heard.forward(heard) };
        let heard = activated(heard);
        let example = activated(self.example.forward(example));
        let example = run.drop_out(example, DROPOUT);
        self.last.forward(Tensor::cat(vec![heard, example], 1))
    }
}

/// A state dict that was saved without the prefix, with it.
fn prefixed(weights: Weights) -> Weights {
    match weights {
        Weights::Checkpoint(dict) if !dict.contains_prefix(PREFIX) => {
            let mut all = StateDict::new();
            for (key, tensor) in dict.iter() {
                all.insert(format!("{PREFIX}.{key}"), tensor.clone());
            }
            Weights::Checkpoint(all)
        }
        other => other,
    }
}
