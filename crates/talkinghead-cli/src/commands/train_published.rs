//! `talkinghead train ... --model published`: the paper's own motion networks, on clip folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use talkinghead_media::OutputClaim;
use talkinghead_synthesis::weights::{StateDict, write_safetensors};
use talkinghead_training::Compatibility;
use talkinghead_training::published::expression::{LandmarkSettings, train_landmarks};
use talkinghead_training::published::head_motion::{HeadMotionSettings, train_rotate_audio};
use talkinghead_training::published::{COMPATIBILITY_KEY, PublishedMotionError};

use super::{Shared, print_json};
use crate::failure::Failure;

/// Whose network learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MotionModel {
    /// Ours.
    #[default]
    Ours,
    /// The paper's, from clip folders of `talkinghead preprocess`: a baseline.
    Published,
}

/// Whether the published programs' defects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatibilityFlag {
    /// As published: samples are 16-bit numbers, smoothing is late by a frame.
    Reference,
    /// As it was meant.
    Right,
}

impl CompatibilityFlag {
    /// As the library calls it.
    pub fn choice(self) -> Compatibility {
        match self {
            Self::Reference => Compatibility::Reference,
            Self::Right => Compatibility::Right,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Right => "right",
        }
    }
}

/// Settings of the published networks' training.
#[derive(Args, Debug)]
#[command(next_help_heading = "With --model published")]
pub struct PublishedFlags {
    /// Whether the published programs' defects are kept [default: right].
    #[arg(long, value_enum, value_name = "reference|right", hide_possible_values = true)]
    compatibility: Option<CompatibilityFlag>,

    /// Examples in a batch: clips (head motion, 8) or frames (landmarks, 16).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: Option<u32>,

    /// Step of the optimiser [published: 3e-4 for head motion, 2e-5 for landmarks].
    #[arg(long, value_name = "X", value_parser = rate)]
    learning_rate: Option<f64>,
}

impl PublishedFlags {
    /// The first of its flags that was given.
    pub fn given(&self) -> Option<&'static str> {
        [
            (self.compatibility.is_some(), "--compatibility"),
            (self.batch.is_some(), "--batch"),
            (self.learning_rate.is_some(), "--learning-rate"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }

    fn compatibility(&self) -> CompatibilityFlag {
        self.compatibility.unwrap_or(CompatibilityFlag::Right)
    }
}

/// What every training is told.
#[derive(Debug)]
pub struct PublishedTask<'a> {
    /// Folder with clip folders.
    pub data: &'a Path,
    /// The file to write.
    pub output: &'a Path,
    /// Optimiser steps, if told.
    pub steps: Option<u32>,
    /// Seed.
    pub seed: u64,
    /// Whether to print JSON.
    pub json: bool,
    /// The flags of its own.
    pub flags: &'a PublishedFlags,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    clips: usize,
    steps: usize,
    tensors: usize,
    /// Means over the first and the last tenth of the steps.
    first_loss: f32,
    last_loss: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out_before: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out_after: Option<f32>,
    /// The error there of a head that stays, or of a mouth that stays closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out_still: Option<f32>,
}

impl PublishedTask<'_> {
    /// Teaches `RotateAudio`.
    pub fn head_motion(&self, adversarial: f64, shared: Shared) -> Result<(), Failure> {
        let mut settings = HeadMotionSettings { adversarial, seed: self.seed, ..HeadMotionSettings::new(self.data) };
        settings.compatibility = self.flags.compatibility().choice();
        settings.steps = self.steps.map_or(settings.steps, |steps| steps as usize);
        settings.batch = self.flags.batch.map_or(settings.batch, |batch| batch as usize);
        settings.learning_rate = self.flags.learning_rate.unwrap_or(settings.learning_rate);
        let _claim = OutputClaim::new(self.output, [self.data])?;
        let trained = train_rotate_audio(&settings, told(settings.steps, shared)).map_err(failed)?;
        self.finish(&trained.weights, (trained.clips, &trained.losses, trained.held_out, trained.held_out_still), shared)
    }

    /// Teaches the network from sound to landmarks.
    pub fn landmarks(&self, shared: Shared) -> Result<(), Failure> {
        let mut settings = LandmarkSettings { seed: self.seed, ..LandmarkSettings::new(self.data) };
        settings.compatibility = self.flags.compatibility().choice();
        settings.steps = self.steps.map_or(settings.steps, |steps| steps as usize);
        settings.batch = self.flags.batch.map_or(settings.batch, |batch| batch as usize);
        settings.learning_rate = self.flags.learning_rate.unwrap_or(settings.learning_rate);
        let _claim = OutputClaim::new(self.output, [self.data])?;
        let trained = train_landmarks(&settings, told(settings.steps, shared)).map_err(failed)?;
        self.finish(&trained.weights, (trained.clips, &trained.losses, trained.held_out, trained.held_out_still), shared)
    }

    fn finish(
        &self,
        weights: &StateDict,
        (clips, losses, held_out, held_out_still): (usize, &[f32], Option<[f32; 2]>, Option<f32>),
        shared: Shared,
    ) -> Result<(), Failure> {
        let about = BTreeMap::from([(COMPATIBILITY_KEY.to_owned(), self.flags.compatibility().name().to_owned())]);
        write_safetensors(self.output, weights, &about)?;
        let tenth = losses.len().div_ceil(10);
        let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len().max(1) as f32;
        let report = Report {
            output: self.output.to_owned(),
            clips,
            steps: losses.len(),
            tensors: weights.len(),
            first_loss: mean(&losses[..tenth]),
            last_loss: mean(&losses[losses.len() - tenth..]),
            held_out_before: held_out.map(|[before, _]| before),
            held_out_after: held_out.map(|[_, after]| after),
            held_out_still,
        };
        if self.json {
            return print_json(&report);
        }
        if !shared.quiet {
            let (path, first, last) = (report.output.display(), report.first_loss, report.last_loss);
            eprintln!("{path}: learned from {clips} clips; mean squared error {first:.4} at first, {last:.4} at last");
            if let (Some(before), Some(after), Some(still)) =
                (report.held_out_before, report.held_out_after, report.held_out_still)
            {
                eprintln!("on clips left out: {before:.4} before, {after:.4} after; {still:.4} if nothing moves");
            }
        }
        Ok(())
    }
}

/// Tells the loss now and then.
fn told(steps: usize, shared: Shared) -> impl FnMut(usize, f32) {
    let every = (steps / 10).max(1);
    move |step, loss| {
        if !shared.quiet && (step + 1) % every == 0 {
            eprintln!("step {} of {steps}: {loss:.4}", step + 1);
        }
    }
}

fn failed(error: PublishedMotionError) -> Failure {
    let hint = error.hint().unwrap_or_else(|| "check the clip folders".into());
    Failure::new(format!("training failed: {error}"), hint)
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 1.0 => Ok(value),
        _ => Err("give a number above 0, at most 1".to_owned()),
    }
}
