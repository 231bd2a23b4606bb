//! Teaches `RotateAudio` as published: mean squared error of poses to come, and a discriminator that watches.

use std::path::{Path, PathBuf};

use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::StateDict;

use super::SAMPLE_RATE;
use super::discriminator::PoseDiscriminator;
use super::network::{POSE, RotateAudio};
use super::preparation::{WINDOW, normalised_poses, sound_windows};
use crate::Compatibility;
use crate::published::{PublishedMotionError, Run, read_clips};

/// Frames of the past and of the future that are drawn, as published.
const PAST: [usize; 2] = [32, 96];
const FUTURE: [usize; 2] = [16, 96];
const WEIGHT_DECAY: f32 = 2e-5;
/// Every so manieth clip is held out.
const HELD_OUT: usize = 8;

/// How it is taught.
#[derive(Debug, Clone)]
pub struct HeadMotionSettings {
    /// Folder with clip folders of `talkinghead preprocess`.
    pub data: PathBuf,
    /// Optimiser steps.
    pub steps: usize,
    /// Clips in a batch.
    pub batch: usize,
    /// Published: 3e-4, halved smoothly from the fifth of a hundred epochs on.
    pub learning_rate: f64,
    /// Weight of the discriminator's opinion; the published program computes it and leaves it out (0).
    pub adversarial: f64,
    /// Whether the published tool's defects are kept: late smoothing, samples that are not scaled.
    pub compatibility: Compatibility,
    /// Decides everything random.
    pub seed: u64,
}

impl HeadMotionSettings {
    /// The published ones, but for a batch and a number of steps that a laptop can bear.
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            steps: 200,
            batch: 8,
            learning_rate: 3e-4,
            adversarial: 0.0,
            compatibility: Compatibility::Right,
            seed: 0,
        }
    }
}

/// What was learned.
#[derive(Debug, Clone)]
pub struct TrainedRotateAudio {
    /// Tensors under the published keys.
    pub weights: StateDict,
    /// Clips that taught.
    pub clips: usize,
    /// Mean squared error of normalised poses of each step.
    pub losses: Vec<f32>,
    /// The discriminator's cross entropy of each step.
    pub discriminator_losses: Vec<f32>,
    /// The error on clips that did not teach, before and after; none where there are too few clips to hold any out.
    pub held_out: Option<[f32; 2]>,
    /// The error there of a head that stays as it was last.
    pub held_out_still: Option<f32>,
}

/// A clip as the network takes it.
struct Example {
    poses: Vec<[f32; 6]>,
    sound: Vec<Vec<f32>>,
}

/// Teaches it; calls `each` with step and error.
///
/// # Errors
/// Clips that cannot be read or are too few, and losses that are no numbers.
pub fn train_rotate_audio(
    settings: &HeadMotionSettings,
    mut each: impl FnMut(usize, f32),
) -> Result<TrainedRotateAudio, PublishedMotionError> {
    let clips = read_clips(&settings.data, SAMPLE_RATE, PAST[0] + FUTURE[0], 2)?;
    let (mut teaching, mut held_out) = (Vec::new(), Vec::new());
    for (index, clip) in clips.iter().enumerate() {
        let poses = normalised_poses(&clip.clip.poses, settings.compatibility);
        let sound = sound_windows(&clip.samples, poses.len(), settings.compatibility);
        let to = if index % HELD_OUT == HELD_OUT - 1 { &mut held_out } else { &mut teaching };
        to.push(Example { poses, sound });
    }
    let device = Device::flex().autodiff();
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut network = RotateAudio::untrained(settings.seed, &device)?;
    let mut discriminator = PoseDiscriminator::untrained(settings.seed, &device)?;
    let adam = AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(WeightDecayConfig::new(WEIGHT_DECAY)));
    let (mut optimiser, mut discriminator_optimiser) = (adam.init(), adam.init());
    let before = evaluate(&network, &held_out, &device)?;
    let (mut losses, mut discriminator_losses) = (Vec::new(), Vec::new());
    for step in 0..settings.steps {
        let batch = Batch::draw(&teaching, settings.batch, &mut random, &device);
        let rate = learning_rate(settings, step);
        let mut run = Run::training(random.random());
        let heard = network.listen(batch.sound, &mut run)?;
        let [_, frames, width] = heard.dims();
        let past = frames - batch.future;
        let size = heard.dims()[0];
        let then = heard.clone().slice([0..size, 0..past, 0..width]);
        let code = network.remember(batch.poses.clone().narrow(1, 0, past), then, &mut run)?;
        let predicted = network.predict(code, heard.narrow(1, past, batch.future));
        let real = batch.poses.narrow(1, past, batch.future);

        let watching = cross_entropy(discriminator.forward(real.clone()), true)
            + cross_entropy(discriminator.forward(predicted.clone().detach()), false);
        discriminator_losses.push(number(watching.clone())?);
        let gradients = GradientsParams::from_grads(watching.backward(), &discriminator);
        discriminator = discriminator_optimiser.step(rate, discriminator, gradients);

        let miss = predicted.clone() - real;
        let error = (miss.clone() * miss).mean();
        let loss = number(error.clone())?;
        if !loss.is_finite() {
            return Err(PublishedMotionError::Diverged { steps: step });
        }
        let total = if settings.adversarial > 0.0 {
            error + cross_entropy(discriminator.forward(predicted), true).mul_scalar(settings.adversarial)
        } else {
            error
        };
        let gradients = GradientsParams::from_grads(total.backward(), &network);
        network = optimiser.step(rate, network, gradients);
        losses.push(loss);
        each(step, loss);
    }
    let after = evaluate(&network, &held_out, &device)?;
    let held_out_still = (!held_out.is_empty()).then(|| still(&held_out));
    let held_out = before.zip(after).map(|(before, after)| [before, after]);
    Ok(TrainedRotateAudio {
        weights: network.state_dict()?,
        clips: teaching.len(),
        losses,
        discriminator_losses,
        held_out,
        held_out_still,
    })
}

/// The published schedule, its hundred epochs spread over the steps.
fn learning_rate(settings: &HeadMotionSettings, step: usize) -> f64 {
    let epoch = 100.0 * step as f64 / settings.steps.max(1) as f64;
    let halvings = if epoch < 5.0 { 0.0 } else { (epoch - 4.0) / 5.0 };
    settings.learning_rate * 0.5_f64.powf(halvings)
}

struct Batch {
    /// `[batch, past + future, 6]`.
    poses: Tensor<3>,
    /// `[batch, past + future, 7, 640]`.
    sound: Tensor<4>,
    future: usize,
}

impl Batch {
    /// Clips at random, all cut to one length that each has.
    fn draw(examples: &[Example], count: usize, random: &mut ChaCha8Rng, device: &Device) -> Self {
        let chosen: Vec<&Example> = (0..count).map(|_| &examples[random.random_range(0..examples.len())]).collect();
        let shortest = chosen.iter().map(|example| example.poses.len()).min().unwrap_or(0);
        let future = random.random_range(FUTURE[0]..=FUTURE[1].min(shortest - PAST[0]));
        let past = random.random_range(PAST[0]..=PAST[1].min(shortest - future));
        let starts: Vec<usize> =
            chosen.iter().map(|example| random.random_range(0..=example.poses.len() - past - future)).collect();
        Self::of(&chosen, &starts, [past, future], device)
    }

    fn of(chosen: &[&Example], starts: &[usize], [past, future]: [usize; 2], device: &Device) -> Self {
        let frames = past + future;
        let (mut poses, mut sound) = (Vec::new(), Vec::new());
        for (example, &start) in chosen.iter().zip(starts) {
            poses.extend(example.poses[start..start + frames].iter().flatten().copied());
            example.sound[start..start + frames].iter().for_each(|window| sound.extend_from_slice(window));
        }
        let [rows, columns] = WINDOW;
        Self {
            poses: Tensor::from_data(TensorData::new(poses, [chosen.len(), frames, POSE]), device),
            sound: Tensor::from_data(TensorData::new(sound, [chosen.len(), frames, rows, columns]), device),
            future,
        }
    }
}

/// Frames of past and future of a held-out clip: at most 64 and 64, as published.
fn split(example: &Example) -> [usize; 2] {
    let past = (example.poses.len() / 2).clamp(PAST[0], 64);
    [past, (example.poses.len() - past).min(64)]
}

/// Mean squared error over held-out clips.
fn evaluate(network: &RotateAudio, held_out: &[Example], device: &Device) -> Result<Option<f32>, PublishedMotionError> {
    let mut sum = 0.0;
    for example in held_out {
        let [past, future] = split(example);
        let batch = Batch::of(&[example], &[0], [past, future], device);
        let mut run = Run::evaluation();
        let heard = network.listen(batch.sound, &mut run)?;
        let code = network.remember(batch.poses.clone().narrow(1, 0, past), heard.clone().narrow(1, 0, past), &mut run)?;
        let miss = network.predict(code, heard.narrow(1, past, future)) - batch.poses.narrow(1, past, future);
        sum += number((miss.clone() * miss).mean())?;
    }
    Ok((!held_out.is_empty()).then(|| sum / held_out.len() as f32))
}

/// The same of a head that stays as it was in the last frame of the past.
fn still(held_out: &[Example]) -> f32 {
    let error = |example: &Example| {
        let [past, future] = split(example);
        let last = example.poses[past - 1];
        let squares = example.poses[past..past + future].iter().flat_map(|pose| (0..POSE).map(|k| (pose[k] - last[k]).powi(2)));
        squares.sum::<f32>() / (future * POSE) as f32
    };
    held_out.iter().map(error).sum::<f32>() / held_out.len() as f32
}

/// Mean binary cross entropy of probabilities against one truth.
fn cross_entropy(probability: Tensor<1>, real: bool) -> Tensor<1> {
    let right = if real { probability } else { probability.neg().add_scalar(1.0) };
    // Logarithms are cut off at -100 as PyTorch does; f32 has none below -88 but that of 0.
    right.clamp_min(1e-38).log().mean().neg()
}

fn number(x: Tensor<1>) -> Result<f32, PublishedMotionError> {
    Ok(read_back(x.inner())?.first().copied().unwrap_or(f32::NAN))
}
