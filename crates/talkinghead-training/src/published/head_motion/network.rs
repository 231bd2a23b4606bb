//! The three networks of `RotateAudio`.

use std::path::Path;

use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::{Convolution, ConvolutionShape, Geometry};
use talkinghead_synthesis::weights::{Entry, StateDict, WeightBuilder, Weights, read_weights, state_dict_of};

use super::preparation::WINDOW;
use crate::published::initialisation::initial_weights;
use crate::published::layers::{Along, Dense, Run, TimeConvolution, TimeNorm, activated};

/// Numbers of a pose.
pub(crate) const POSE: usize = 6;
/// Features of a frame's sound.
const SOUND: usize = 256;
/// Features behind both convolutions of a window of sound.
const WINDOW_FEATURES: usize = 16 * (WINDOW[0] - 4) * (WINDOW[1] - 4);
/// Numbers that stand for the past.
const CODE: usize = 512;
const DROPOUT: f32 = 0.1;

/// Frames of the past that the pose encoder needs.
pub const LEAST_PAST: usize = 13;

/// Head motion from sound and past poses.
#[derive(Module, Debug)]
pub struct RotateAudio {
    sound: SoundEmbedding,
    past: PastEncoder,
    decoder: Dense,
    #[module(skip)]
    entries: Vec<Entry>,
}

/// `mid_net`: what is heard around each frame.
#[derive(Module, Debug)]
struct SoundEmbedding {
    first: Convolution,
    second: Convolution,
    narrow: TimeConvolution,
    narrow_norm: TimeNorm,
    last: TimeConvolution,
    last_norm: TimeNorm,
}

/// `encode`: how the head moved so far.
#[derive(Module, Debug)]
struct PastEncoder {
    widen: Dense,
    widen_norm: TimeNorm,
    pose: Dense,
    first: TimeConvolution,
    first_norm: TimeNorm,
    second: TimeConvolution,
    second_norm: TimeNorm,
}

impl RotateAudio {
    /// Builds the network from weights under the published keys (`mid_net.`, `encode.`, `decode.`).
    ///
    /// # Errors
    /// Every missing, unexpected, misshapen or non-finite tensor.
    pub fn new(weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let mut builder = WeightBuilder::new(weights, device);
        let b = &mut builder;
        let plain = |input, output| ConvolutionShape { geometry: Geometry::new(1, 0), ..ConvolutionShape::three(input, output) };
        let same = Along { stride: 1, padding: 1 };
        let sound = SoundEmbedding {
            first: Convolution::new(b, "mid_net.conv.0", plain(1, 8)),
            second: Convolution::new(b, "mid_net.conv.2", plain(8, 16)),
            narrow: TimeConvolution::new(b, "mid_net.audio_l.0", [512, WINDOW_FEATURES, 3], same),
            narrow_norm: TimeNorm::new(b, "mid_net.audio_l.1", 512),
            last: TimeConvolution::new(b, "mid_net.audio_l.4", [SOUND, 512, 3], same),
            last_norm: TimeNorm::new(b, "mid_net.audio_l.5", SOUND),
        };
        let halving = Along { stride: 2, padding: 0 };
        let past = PastEncoder {
            widen: Dense::new(b, "encode.l.0", POSE, 128),
            widen_norm: TimeNorm::new(b, "encode.l.1", 128),
            pose: Dense::new(b, "encode.l.3", 128, SOUND),
            first: TimeConvolution::new(b, "encode.backend_conv1.0", [CODE, 2 * SOUND, 5], halving),
            first_norm: TimeNorm::new(b, "encode.backend_conv1.1", CODE),
            second: TimeConvolution::new(b, "encode.backend_conv1.4", [CODE, CODE, 5], halving),
            second_norm: TimeNorm::new(b, "encode.backend_conv1.5", CODE),
        };
        let decoder = Dense::new(b, "decode.l", CODE, (SOUND + 1) * POSE);
        let entries = builder.finish()?;
        Ok(Self { sound, past, decoder, entries })
    }

    /// Reads the published checkpoint (`mid_net`, `encode` and `decode` side by side in one `.pth`) or a safetensors file of ours.
    ///
    /// # Errors
    /// As [`RotateAudio::new`], and files that cannot be read.
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

    /// What is heard: windows of sound `[batch, frames, 7, 640]` -> `[batch, frames, 256]`.
    ///
    /// # Errors
    /// Windows of another shape.
    pub fn listen(&self, sound: Tensor<4>, run: &mut Run) -> Result<Tensor<3>, SynthesisError> {
        let [batch, frames, rows, columns] = sound.dims();
        let net = &self.sound;
        let x = relu(net.first.forward(sound.reshape([batch * frames, 1, rows, columns]))?);
        let x = net.second.forward(x)?.reshape([batch, frames, WINDOW_FEATURES]).swap_dims(1, 2);
        let x = if run.is_evaluation() { net.narrow.forward_in_parts(x)? } else { net.narrow.forward(x)? };
        let x = activated(net.narrow_norm.forward(x, run)?);
        let x = net.last.forward(run.drop_out(x, DROPOUT))?;
        Ok(activated(net.last_norm.forward(x, run)?).swap_dims(1, 2))
    }

    /// What the past comes to: normalised poses `[batch, past, 6]` and what was heard meanwhile `[batch, past, 256]` ->
    /// `[batch, 512]`. At least [`LEAST_PAST`] frames.
    ///
    /// # Errors
    /// Tensors of other shapes, or too short a past.
    pub fn remember(&self, poses: Tensor<3>, heard: Tensor<3>, run: &mut Run) -> Result<Tensor<2>, SynthesisError> {
        let [batch, frames, _] = poses.dims();
        let rows = batch * frames;
        let net = &self.past;
        let x = net.widen.forward(poses.reshape([rows, POSE])).reshape([rows, 128, 1]);
        let x = activated(net.widen_norm.forward(x, run)?).reshape([rows, 128]);
        let x = net.pose.forward(x).reshape([batch, frames, SOUND]);
        let x = Tensor::cat(vec![x, heard], 2).swap_dims(1, 2);
        let x = activated(net.first_norm.forward(net.first.forward(x)?, run)?);
        let x = net.second.forward(run.drop_out(x, DROPOUT))?;
        let x = activated(net.second_norm.forward(x, run)?);
        let x = run.drop_out(x, DROPOUT);
        Ok(x.mean_dim(2).reshape([batch, CODE]))
    }

    /// The poses to come, normalised: the past `[batch, 512]` and what will be heard `[batch, future, 256]` -> `[batch, future, 6]`.
    pub fn predict(&self, past: Tensor<2>, heard: Tensor<3>) -> Tensor<3> {
        let batch = past.dims()[0];
        let map = self.decoder.forward(past);
        let weight = map.clone().narrow(1, 0, SOUND * POSE).reshape([batch, SOUND, POSE]);
        let bias = map.narrow(1, SOUND * POSE, POSE).reshape([batch, 1, POSE]);
        heard.matmul(weight) + bias
    }
}
