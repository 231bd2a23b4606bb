//! `talkinghead finetune`: a trained generator learns a person.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use talkinghead::{Device, FaceChoice, Identities, Limits, Person, PersonBuilder, PersonOptions};
use talkinghead_media::{OutputClaim, write_file, write_picture};
use talkinghead_synthesis::neural::{PersonFrame, PersonFrames};
use talkinghead_synthesis::{BurnDevice, SynthesisError};
use talkinghead_training::finetune::{FineTuning, PREVIEW_COLUMNS, Tuned, TuningFrames, TuningSettings};
use talkinghead_training::generator::{StepReport, TunedPart};

use super::device_flag::DeviceFlag;
use super::{Shared, print_json, warn};
use crate::allocator;
use crate::failure::Failure;
use crate::progress::Display;
use crate::training_progress::TuningProgress;

/// Frames at most that the result is judged by.
const JUDGED: usize = 8;

/// Teaches a trained generator a person: a small file beside its weights, for `generate --person`.
#[derive(Args, Debug)]
#[command(
    after_help = "The result holds what changed, and works with the weights that it was tuned from alone. A few frames of the references are not
learned from: they tell how much nearer the network comes to the person, before and after, in numbers and in a picture beside
the result.

Examples:
  talkinghead finetune --reference clip.mp4 --weights base.safetensors --output person.safetensors
  talkinghead generate --reference clip.mp4 --audio speech.wav --renderer neural --weights base.safetensors \\
    --person person.safetensors --output video.mp4"
)]
pub struct Finetune {
    /// A picture, a video or a folder of frames of the person; several may be given.
    #[arg(long, short, num_args = 1.., value_name = "PATH", required = true)]
    reference: Vec<PathBuf>,

    /// Weights of the neural generator, as `talkinghead export` and `talkinghead import` write them.
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,

    /// The person's file to write (.safetensors).
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Learn against this discriminator as well, as published: a run's folder, a checkpoint, or its weights.
    #[arg(long, value_name = "PATH")]
    discriminator: Option<PathBuf>,

    /// Frames of the references at most, spread evenly.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    frames: u16,

    /// Judge the result by frames of these instead of by some of the references, which are all learned from then.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    validation: Vec<PathBuf>,

    /// Steps; four for each frame when left out, 100 to 400.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    steps: Option<u64>,

    /// What changes.
    #[arg(long, value_enum, default_value_t = Variant::Published)]
    variant: Variant,

    /// Rank of the changes of --variant low-rank.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    rank: u16,

    /// Learning rate; what suits the variant when left out.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<f64>,

    /// Frames a step.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    batch: u16,

    /// Which face, counted from 0 at the left, where a picture shows several; the largest and most central when left out.
    #[arg(long, value_name = "N")]
    face: Option<usize>,

    /// Learn from references that show another person than the first as well; they are left out otherwise.
    #[arg(long)]
    mix_identities: bool,

    /// Number that decides which frames a step sees.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Where the network learns.
    #[arg(long, value_enum, default_value_t = DeviceFlag::Cpu)]
    device: DeviceFlag,

    /// The picture of a few frames before and after; beside the result, ending in .png, when left out.
    #[arg(long, value_name = "PICTURE")]
    preview: Option<PathBuf>,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// `--variant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Variant {
    /// The published subset: parameters with `fc`, `conv_img` or `up` in their names.
    Published,
    /// The same subset, changed by products of thin matrices.
    LowRank,
    /// Only what scales and shifts features.
    Modulation,
}

impl Finetune {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        if self.rank != 4 && self.variant != Variant::LowRank {
            return Err(Failure::new("--rank is only for --variant low-rank", "leave it out, or add --variant low-rank"));
        }
        let preview = self.preview.clone().unwrap_or_else(|| self.output.with_extension("png"));
        let inputs: Vec<&Path> = self.inputs();
        let _claims = [OutputClaim::new(&self.output, inputs.iter().copied())?, OutputClaim::new(&preview, inputs)?];
        if self.device == DeviceFlag::Cpu {
            allocator::limit_to_what_is_free();
        }
        let device = Device::from(self.device).open()?;
        let frames = self.collect(shared)?;
        let tuned = self.tune(&frames, device, shared)?;
        write_picture(&preview, &tuned.preview)?;
        write_file(&self.output, &tuned.bytes)?;
        if self.json {
            return print_json(&self.report(&tuned, &preview));
        }
        if !shared.quiet {
            self.tell(&tuned, &preview);
        }
        Ok(())
    }

    fn inputs(&self) -> Vec<&Path> {
        let files = self.reference.iter().chain(&self.validation).chain([&self.weights]).chain(&self.discriminator);
        files.map(PathBuf::as_path).collect()
    }

    /// Frames that teach and frames to judge by.
    fn collect(&self, shared: Shared) -> Result<TuningFrames, Failure> {
        let learned = usize::from(self.frames);
        let judged = if self.validation.is_empty() { JUDGED.min(learned.div_ceil(2)) } else { 0 };
        let frames = self.frames_of(&self.reference, learned + judged, shared)?;
        let mut split = TuningFrames::split(frames, judged);
        if !self.validation.is_empty() {
            split.judged = self.frames_of(&self.validation, JUDGED, shared)?;
        } else if split.judged.is_empty() {
            warn(&["too few frames to leave some out: the result is judged by those that it learned from".to_owned()]);
        }
        Ok(split)
    }

    fn frames_of(&self, paths: &[PathBuf], most: usize, shared: Shared) -> Result<Vec<PersonFrame>, Failure> {
        let display = Arc::new(Display::new(shared.quiet));
        let shown = Arc::clone(&display);
        let (mut person, mut frames) = (None, Vec::new());
        let found = self.person(paths).on_progress(move |progress| shown.show(progress)).frames(
            NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN),
            &mut |frame| {
                // The first is the picture that moves.
                let mut shown = || -> Result<PersonFrame, SynthesisError> {
                    if person.is_none() {
                        person = Some(PersonFrames::new(&frame.shot)?);
                    }
                    let person = person.as_ref();
                    person.ok_or_else(|| SynthesisError::input("frames", "at least one", "none"))?.frame(&frame.shot)
                };
                frames.push(shown());
            },
        );
        display.clear();
        warn(&found?.warnings);
        Ok(frames.into_iter().collect::<Result<_, _>>()?)
    }

    fn person(&self, paths: &[PathBuf]) -> PersonBuilder {
        let identities = if self.mix_identities { Identities::Mixed } else { Identities::One };
        let face = self.face.map_or(FaceChoice::Main, FaceChoice::Index);
        let options = PersonOptions { face, identities, limits: Limits::default(), ..PersonOptions::default() };
        Person::from_references(paths.iter().cloned()).options(options)
    }

    fn tune(&self, frames: &TuningFrames, device: BurnDevice, shared: Shared) -> Result<Tuned, Failure> {
        let part = match self.variant {
            Variant::Published => TunedPart::Published,
            Variant::LowRank => TunedPart::LowRank { rank: usize::from(self.rank) },
            Variant::Modulation => TunedPart::Modulation,
        };
        let settings =
            TuningSettings { part, steps: self.steps, batch: usize::from(self.batch), rate: self.rate, seed: self.seed };
        let (weights, discriminator) = (self.weights.clone(), self.discriminator.clone());
        let mut progress = TuningProgress::new(shared.quiet);
        let mut tell = |report: &StepReport, steps: u64| progress.step(report, steps);
        let tuned = FineTuning { weights, discriminator, settings, device }.run(frames, &mut tell);
        progress.clear();
        Ok(tuned?)
    }

    fn report(&self, tuned: &Tuned, preview: &Path) -> serde_json::Value {
        serde_json::json!({
            "output": self.output,
            "preview": preview,
            "variant": self.variant.to_possible_value().map(|value| value.get_name().to_owned()),
            "values": tuned.parameters,
            "bytes": tuned.bytes.len(),
            "steps": tuned.steps,
            "seconds": tuned.seconds,
            "frames": tuned.learned,
            "judged": tuned.judged,
            "before": tuned.before,
            "after": tuned.after,
            "base": tuned.person.base,
        })
    }

    fn tell(&self, tuned: &Tuned, preview: &Path) {
        let by = match tuned.judged {
            0 => "the frames that it learned from".to_owned(),
            1 => "1 frame that it did not learn from".to_owned(),
            count => format!("{count} frames that it did not learn from"),
        };
        let (before, after) = (tuned.before, tuned.after);
        eprintln!(
            "{}: {} values, {} bytes, {} steps in {:.0} s",
            self.output.display(),
            tuned.parameters,
            tuned.bytes.len(),
            tuned.steps,
            tuned.seconds
        );
        eprintln!(
            "on {by}: perceptual distance {:.4} before, {:.4} after; PSNR {:.2} dB, {:.2} dB; SSIM {:.3}, {:.3}",
            before.perceptual, after.perceptual, before.psnr, after.psnr, before.ssim, after.ssim
        );
        eprintln!("{}: {}", preview.display(), PREVIEW_COLUMNS.join(", "));
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("give a number above 0".to_owned()),
    }
}
