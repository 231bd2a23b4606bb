//! Teaches the network as published: mean squared error of coefficients.

use std::path::{Path, PathBuf};

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_dataset::geometry::widest_mouths;
use talkinghead_face::{HannWindow, standard_face};
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::StateDict;

use super::SAMPLE_RATE;
use super::components::{COMPONENTS, LandmarkComponents};
use super::network::LandmarkNetwork;
use super::preparation::{SAMPLES, sound_window};
use crate::Compatibility;
use crate::published::{PublishedMotionError, Run, SoundClip, read_clips};

/// Gains of the sound that are drawn from, in decibels.
const GAINS: [f32; 7] = [-12.0, -9.0, -6.0, -3.0, 0.0, 3.0, 6.0];
/// Frames over which landmarks are smoothed.
const SMOOTHING: usize = 5;
/// Frames that a clip needs.
const LEAST_FRAMES: usize = 25;
/// Every so manieth clip is held out; of it, every so manieth frame is looked at.
const HELD_OUT: usize = 8;
const LOOKED_AT: usize = 8;

/// How it is taught.
#[derive(Debug, Clone)]
pub struct LandmarkSettings {
    /// Folder with clip folders of `talkinghead preprocess`.
    pub data: PathBuf,
    /// Optimiser steps.
    pub steps: usize,
    /// Frames in a batch.
    pub batch: usize,
    /// Published: 2e-5.
    pub learning_rate: f64,
    /// Whether samples are 16-bit numbers as published, or -1..1.
    pub compatibility: Compatibility,
    /// Decides everything random.
    pub seed: u64,
}

impl LandmarkSettings {
    /// The published ones, but for a number of steps that a laptop can bear.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), steps: 200, batch: 16, learning_rate: 2e-5, compatibility: Compatibility::Right, seed: 0 }
    }
}

/// What was learned.
#[derive(Debug, Clone)]
pub struct TrainedLandmarks {
    /// Tensors under the published keys, mean and directions of the landmarks beside them.
    pub weights: StateDict,
    /// Clips that taught.
    pub clips: usize,
    /// Mean squared error of the coefficients (pixels) of each step.
    pub losses: Vec<f32>,
    /// The error on clips that did not teach, before and after; none where there are too few clips to hold any out.
    pub held_out: Option<[f32; 2]>,
    /// The error there of the example itself: a mouth that stays closed.
    pub held_out_still: Option<f32>,
}

/// A clip as the network takes it.
struct Example {
    samples: Vec<f32>,
    coefficients: Vec<[f32; COMPONENTS]>,
    rest: [f32; COMPONENTS],
}

/// Teaches it; calls `each` with step and error.
///
/// # Errors
/// Clips that cannot be read or are too few, and losses that are no numbers.
pub fn train_landmarks(
    settings: &LandmarkSettings,
    mut each: impl FnMut(usize, f32),
) -> Result<TrainedLandmarks, PublishedMotionError> {
    let clips = read_clips(&settings.data, SAMPLE_RATE, LEAST_FRAMES, 2)?;
    let faces: Vec<(Vec<Vec<f64>>, usize)> = clips.iter().map(faces).collect();
    let is_held_out = |index: usize| index % HELD_OUT == HELD_OUT - 1;
    let taught = faces.iter().enumerate().filter(|(index, _)| !is_held_out(*index));
    let components = LandmarkComponents::fit(&taught.flat_map(|(_, (faces, _))| faces.iter().cloned()).collect::<Vec<_>>())?;
    let (mut teaching, mut held_out) = (Vec::new(), Vec::new());
    for (index, (clip, (faces, closed))) in clips.into_iter().zip(&faces).enumerate() {
        let coefficients: Vec<_> = faces.iter().map(|face| components.coefficients(face)).collect();
        let example = Example { samples: clip.samples, rest: coefficients[*closed], coefficients };
        if is_held_out(index) { held_out.push(example) } else { teaching.push(example) }
    }
    let device = Device::flex().autodiff();
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut network = LandmarkNetwork::untrained(settings.seed, &device)?;
    let mut optimiser = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999).with_epsilon(1e-8).init();
    let before = evaluate(&network, &held_out, settings.compatibility, &device)?;
    let mut losses = Vec::new();
    for step in 0..settings.steps {
        let mut batch = Batch::default();
        for _ in 0..settings.batch {
            let example = &teaching[random.random_range(0..teaching.len())];
            let gain = GAINS[random.random_range(0..GAINS.len())];
            let frame = random.random_range(0..example.coefficients.len());
            batch.add(example, frame, gain, settings.compatibility);
        }
        let mut run = Run::training(random.random());
        let error = batch.error(&network, &mut run, &device)?;
        let loss = number(error.clone())?;
        if !loss.is_finite() {
            return Err(PublishedMotionError::Diverged { steps: step });
        }
        let gradients = GradientsParams::from_grads(error.backward(), &network);
        network = optimiser.step(settings.learning_rate, network, gradients);
        losses.push(loss);
        each(step, loss);
    }
    let after = evaluate(&network, &held_out, settings.compatibility, &device)?;
    let mut weights = network.state_dict()?;
    components.save(&mut weights);
    let held_out_still = (!held_out.is_empty()).then(|| still(&held_out));
    let held_out = before.zip(after).map(|(before, after)| [before, after]);
    Ok(TrainedLandmarks { weights, clips: teaching.len(), losses, held_out, held_out_still })
}

/// Smoothed frontal landmarks with the person taken out: the shift of their most closed face from the standard one. And the frame of
/// that face.
fn faces(clip: &SoundClip) -> (Vec<Vec<f64>>, usize) {
    let front = &clip.clip.front;
    let window = HannWindow::new(SMOOTHING);
    let smooth = |frame: usize| -> Vec<f64> {
        let at = |number: usize| window.at(front.len(), |i| front[i][number / 2][number % 2], frame as i64);
        (0..136).map(at).collect()
    };
    let mut faces: Vec<Vec<f64>> = (0..front.len()).map(smooth).collect();
    let closed = widest_mouths(front).last().copied().unwrap_or(0);
    let standard = standard_face();
    let shift: Vec<f64> = faces[closed].iter().enumerate().map(|(k, value)| value - standard[k / 2][k % 2]).collect();
    for face in &mut faces {
        face.iter_mut().zip(&shift).for_each(|(value, shift)| *value -= shift);
    }
    (faces, closed)
}

#[derive(Default)]
struct Batch {
    sound: Vec<f32>,
    rest: Vec<f32>,
    wanted: Vec<f32>,
    count: usize,
}

impl Batch {
    fn add(&mut self, example: &Example, frame: usize, gain: f32, compatibility: Compatibility) {
        let factor = 10.0_f32.powf(gain / 20.0);
        self.sound.extend(sound_window(&example.samples, frame, compatibility).into_iter().map(|sample| sample * factor));
        self.rest.extend(example.rest);
        self.wanted.extend(example.coefficients[frame]);
        self.count += 1;
    }

    /// Mean squared error of the network's coefficients.
    fn error(self, network: &LandmarkNetwork, run: &mut Run, device: &Device) -> Result<Tensor<1>, PublishedMotionError> {
        let rows = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [self.count, COMPONENTS]), device);
        let sound = Tensor::<3>::from_data(TensorData::new(self.sound, [self.count, 1, SAMPLES]), device);
        let heard = network.listen(sound, run)?;
        let miss = network.coefficients(heard, rows(self.rest), run) - rows(self.wanted);
        Ok((miss.clone() * miss).mean())
    }
}

fn evaluate(
    network: &LandmarkNetwork,
    held_out: &[Example],
    compatibility: Compatibility,
    device: &Device,
) -> Result<Option<f32>, PublishedMotionError> {
    let mut sum = 0.0;
    for example in held_out {
        let mut batch = Batch::default();
        (0..example.coefficients.len()).step_by(LOOKED_AT).for_each(|frame| batch.add(example, frame, 0.0, compatibility));
        sum += number(batch.error(network, &mut Run::evaluation(), device)?)?;
    }
    Ok((!held_out.is_empty()).then(|| sum / held_out.len() as f32))
}

/// The same of a mouth that stays closed.
fn still(held_out: &[Example]) -> f32 {
    let error = |example: &Example| {
        let frames = (0..example.coefficients.len()).step_by(LOOKED_AT);
        let squares: Vec<f32> = frames
            .flat_map(|frame| (0..COMPONENTS).map(move |k| (example.coefficients[frame][k] - example.rest[k]).powi(2)))
            .collect();
        squares.iter().sum::<f32>() / squares.len() as f32
    };
    held_out.iter().map(error).sum::<f32>() / held_out.len() as f32
}

fn number(x: Tensor<1>) -> Result<f32, PublishedMotionError> {
    Ok(read_back(x.inner())?.first().copied().unwrap_or(f32::NAN))
}
