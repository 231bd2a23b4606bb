//! `talkinghead train head-motion`: how a head moves while it speaks.

use std::path::PathBuf;

use clap::Args;
use talkinghead_media::{OutputClaim, write_file};
use talkinghead_training::head_motion::{HeadMotionTraining, train_head_motion};

use super::train_published::{MotionModel, PublishedFlags, PublishedTask};
use super::{Shared, print_json};
use crate::failure::Failure;

/// Learns how a head moves while it speaks: how it answers the voice, and how it moves besides.
#[derive(Args, Debug)]
#[command(
    after_help = "DATA holds clip folders of `talkinghead preprocess`, motion tracks of `talkinghead motion --video` (.json) or arrays of 68
landmarks (.npy, [frames, 68, 2 or 3] in pixels), 25 a second. Stretches of 6 s and more count; half an hour of one person
is a good amount. The paper's network (--model published) learns from clip folders with sound alone; its weights go to
`talkinghead motion --head-motion-weights`.

Examples:
  talkinghead train head-motion --data tracks --output head_motion.safetensors
  talkinghead train head-motion --model published --data clips --output rotate_audio.safetensors"
)]
pub struct HeadMotion {
    /// Folder with recordings of heads.
    #[arg(long, value_name = "DATA")]
    data: PathBuf,

    /// The weights to write (.safetensors).
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Whose network learns: `ours`, or `published`, the paper's, as a baseline.
    #[arg(long, value_enum, value_name = "ours|published", default_value_t, hide_possible_values = true)]
    model: MotionModel,

    /// Optimiser steps.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "With --model published")]
    steps: Option<u32>,

    /// Number that decides everything random.
    #[arg(long, value_name = "N", help_heading = "With --model published")]
    seed: Option<u64>,

    /// Weight of the discriminator's opinion; the published program leaves it out.
    #[arg(long, value_name = "X", value_parser = weight, help_heading = "With --model published")]
    adversarial: Option<f64>,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    published: PublishedFlags,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    stretches: usize,
    seconds: f32,
    bytes: usize,
    held_out_yaw: f32,
    held_out_pitch: f32,
    held_out_roll: f32,
    held_out_head_speed: f32,
    held_out_brow: f32,
}

impl HeadMotion {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        if self.model == MotionModel::Published {
            let task = PublishedTask {
                data: &self.data,
                output: &self.output,
                steps: self.steps,
                seed: self.seed.unwrap_or(0),
                json: self.json,
                flags: &self.published,
            };
            return task.head_motion(self.adversarial.unwrap_or(0.0), shared);
        }
        let own =
            [(self.steps.is_some(), "--steps"), (self.seed.is_some(), "--seed"), (self.adversarial.is_some(), "--adversarial")];
        let given = own.into_iter().find_map(|(given, name)| given.then_some(name)).or(self.published.given());
        if let Some(flag) = given {
            return Err(Failure::new(format!("{flag} is only for --model published"), "leave it out, or add --model published"));
        }
        let _claim = OutputClaim::new(&self.output, [self.data.as_path()])?;
        let trained = train_head_motion(&HeadMotionTraining::new(&self.data))
            .map_err(|error| Failure::new(format!("training failed: {error}"), error.hint()))?;
        write_file(&self.output, &trained.bytes)?;
        let [held_out_yaw, held_out_pitch, held_out_roll, held_out_head_speed, held_out_brow] = trained.held_out;
        let (stretches, seconds, bytes) = (trained.stretches, trained.seconds, trained.bytes.len());
        let report = Report {
            output: self.output,
            stretches,
            seconds,
            bytes,
            held_out_yaw,
            held_out_pitch,
            held_out_roll,
            held_out_head_speed,
            held_out_brow,
        };
        if self.json {
            return print_json(&report);
        }
        if !shared.quiet {
            let path = report.output.display();
            eprintln!("{path}: learned from {stretches} stretches ({seconds:.0} s), {bytes} bytes");
            eprintln!(
                "answers to the voice in stretches left out: pitch {held_out_pitch:.2}, head speed {held_out_head_speed:.2}, brows {held_out_brow:.2}"
            );
        }
        Ok(())
    }
}

fn weight(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err("give a number of at least 0".to_owned()),
    }
}
