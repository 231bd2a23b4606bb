//! `talkinghead train`: learning from recordings.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use talkinghead::LookAhead;
use talkinghead_media::{OutputClaim, write_file};
use talkinghead_training::expression::{
    ExpressionTraining, ExpressionTrainingError, Score, SetScores, evaluate_expression, train_expression,
};

use super::performance_flags::{LipFeaturesFlag, look_ahead};
use super::train_generator::TrainGenerator;
use super::train_head_motion::HeadMotion;
use super::train_published::{MotionModel, PublishedFlags, PublishedTask};
use super::train_unsmile::Unsmile;
use super::{Shared, print_json};
use crate::failure::Failure;

/// Optimiser steps of our networks.
const STEPS: u32 = 800;

/// Learns a model from recordings.
#[derive(Args, Debug)]
pub struct Train {
    #[command(subcommand)]
    what: What,
}

/// What can be learned.
#[derive(Subcommand, Debug)]
enum What {
    Generator(Box<TrainGenerator>),
    Expression(Expression),
    HeadMotion(HeadMotion),
    Unsmile(Unsmile),
}

/// Learns the expression model: lips and jaw from the sound of speech.
#[derive(Args, Debug)]
#[command(after_help = "DATA is the output of `talkinghead preprocess`: clips of the split `train` that have sound teach,
those of `validation` and `test` score the result. Or it holds recordings of people speaking and an
index.csv with the columns file, kind, identity, split, sync and licence: only rows with split
`train` and licence `redistributable` teach. The paper's network (--model published) learns
landmarks from clip folders.

Examples:
  talkinghead preprocess --dataset videos --input recordings --output clips
  talkinghead train expression --data clips --cache cache --output expression.safetensors --evaluate
  talkinghead train expression --model published --data clips --output landmarks.safetensors")]
struct Expression {
    /// Folder with clip folders, or with index.csv and the recordings.
    #[arg(long, value_name = "DATA")]
    data: PathBuf,

    /// The weights to write (.safetensors).
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Folder that keeps landmarks and speech features from one run to the next.
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,

    /// Number that decides everything random: same data and seed, same weights.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Optimiser steps of each network [default: 800; published: 200].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    steps: Option<u32>,

    /// Whose network learns: `ours`, or `published`, the paper's, as a baseline.
    #[arg(long, value_enum, value_name = "ours|published", default_value_t, hide_possible_values = true)]
    model: MotionModel,

    /// Recordings of the training split (column `file`) that teach too, though the index does not call them redistributable:
    /// give those whose rights you hold.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    also: Vec<String>,

    /// What lips are made from: `whisper` or `phones`, as in `generate`.
    #[arg(long, value_enum, value_name = "whisper|phones", hide_possible_values = true, conflicts_with = "look_ahead")]
    lip_features: Option<LipFeaturesFlag>,

    /// Learn to hear as a live stream does, this many seconds ahead: 0.2 or 0.5.
    #[arg(long, value_name = "0.2|0.5", value_parser = look_ahead)]
    look_ahead: Option<LookAhead>,

    /// Score the result on people who did not teach.
    #[arg(long)]
    evaluate: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    published: PublishedFlags,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    clips: usize,
    seconds: f32,
    bytes: usize,
    explained_variance: f32,
    #[serde(skip)]
    evaluated: bool,
    sets: Vec<Set>,
}

/// Mean scores of one set of recordings, with 95 % intervals over its clips.
#[derive(serde::Serialize)]
struct Set {
    name: String,
    clips: usize,
    opening: f32,
    opening_interval: (f32, f32),
    #[serde(skip_serializing_if = "Option::is_none")]
    opening_residual: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opening_residual_interval: Option<(f32, f32)>,
    width: f32,
    width_interval: (f32, f32),
    #[serde(skip_serializing_if = "Option::is_none")]
    opening_wrong_audio: Option<f32>,
    closures: f32,
    closures_of_the_real_lips: f32,
    closing_sounds: usize,
    lag_within_one_frame: f32,
    amplitude: f32,
}

impl Train {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        match self.what {
            What::Generator(command) => command.run(shared),
            What::Expression(command) => command.run(shared),
            What::HeadMotion(command) => command.run(shared),
            What::Unsmile(command) => command.run(shared),
        }
    }
}

impl Expression {
    fn run(self, shared: Shared) -> Result<(), Failure> {
        if self.model == MotionModel::Published {
            return self.run_published(shared);
        }
        if let Some(flag) = self.published.given() {
            return Err(Failure::new(format!("{flag} is only for --model published"), "leave it out, or add --model published"));
        }
        if !self.data.is_dir() {
            let hint = "give the output of `talkinghead preprocess`, or a folder with an index.csv";
            return Err(Failure::new(format!("{} is no folder", self.data.display()), hint));
        }
        let index = self.data.join("index.csv");
        let _claim = OutputClaim::new(&self.output, index.is_file().then_some(index.as_path()))?;
        let options = ExpressionTraining {
            cache: self.cache.clone(),
            seed: self.seed,
            steps: self.steps.unwrap_or(STEPS) as usize,
            look_ahead: self.look_ahead,
            lip_features: self.lip_features.unwrap_or_default().into(),
            also: self.also.clone(),
            ..ExpressionTraining::new(&self.data)
        };
        let failed = |error: ExpressionTrainingError| {
            let hint = error.hint().unwrap_or_else(|| "check the recordings that index.csv names".into());
            Failure::new(format!("training failed: {error}"), hint)
        };
        if !shared.quiet {
            eprintln!("learning from {}", self.data.display());
        }
        let trained = train_expression(&options).map_err(failed)?;
        write_file(&self.output, &trained.bytes)?;
        let sets = if self.evaluate { evaluate_expression(&options, &trained.bytes).map_err(failed)? } else { Vec::new() };
        let report = Report {
            output: self.output,
            clips: trained.clips,
            seconds: trained.seconds,
            bytes: trained.bytes.len(),
            explained_variance: trained.explained,
            evaluated: self.evaluate,
            sets: sets.iter().map(set).collect(),
        };
        if self.json {
            return print_json(&report);
        }
        if !shared.quiet {
            tell(&report);
        }
        Ok(())
    }
}

impl Expression {
    fn run_published(&self, shared: Shared) -> Result<(), Failure> {
        let own = [
            (self.cache.is_some(), "--cache"),
            (!self.also.is_empty(), "--also"),
            (self.lip_features.is_some(), "--lip-features"),
            (self.look_ahead.is_some(), "--look-ahead"),
            (self.evaluate, "--evaluate"),
        ];
        if let Some(flag) = own.into_iter().find_map(|(given, name)| given.then_some(name)) {
            return Err(Failure::new(format!("{flag} is only for --model ours"), "leave it out"));
        }
        let task = PublishedTask {
            data: &self.data,
            output: &self.output,
            steps: self.steps,
            seed: self.seed,
            json: self.json,
            flags: &self.published,
        };
        task.landmarks(shared)
    }
}

fn set(scores: &SetScores) -> Set {
    let mean = |score: Score| score.mean;
    Set {
        name: scores.name.to_string(),
        clips: scores.clips,
        opening: mean(scores.opening),
        opening_interval: scores.opening.interval,
        opening_residual: scores.opening_residual.map(mean),
        opening_residual_interval: scores.opening_residual.map(|score| score.interval),
        width: mean(scores.width),
        width_interval: scores.width.interval,
        opening_wrong_audio: scores.opening_wrong_audio.map(mean),
        closures: scores.closures,
        closures_of_the_real_lips: scores.closures_real,
        closing_sounds: scores.labials,
        lag_within_one_frame: scores.lag_within_one,
        amplitude: scores.amplitude,
    }
}

fn tell(report: &Report) {
    eprintln!(
        "{}: learned from {} recordings ({:.0} s), {} bytes",
        report.output.display(),
        report.clips,
        report.seconds,
        report.bytes
    );
    if report.evaluated && report.sets.is_empty() {
        eprintln!("nobody was left out to score on");
    }
    for set in &report.sets {
        let wrong = set.opening_wrong_audio.map(|wrong| format!(" (wrong sound {wrong:.2})")).unwrap_or_default();
        eprintln!(
            "{}: {} recordings, opening {:.2}{wrong}, width {:.2}, closures {:.2}",
            set.name, set.clips, set.opening, set.width, set.closures
        );
    }
}
