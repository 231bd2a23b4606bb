//! The job: base weights and frames in, a person's file out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::Device;
use image::RgbImage;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use talkinghead_synthesis::discriminator::{Discriminator, DiscriminatorConfig};
use talkinghead_synthesis::generator::{Generator, GeneratorConfig};
use talkinghead_synthesis::import::LoadedWeights;
use talkinghead_synthesis::neural::picture_of;
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::weights::{StateDict, Weights};
use talkinghead_synthesis::{PersonWeights, weights_hash};

use super::frames::{FrameSet, TunedFrame};
use super::judge::{Judged, judge};
use super::preview::preview;
use super::settings::Judge;
use super::{TuningFrames, TuningSettings};
use crate::generator::perceptual::SqueezeNet;
use crate::generator::{PerceptualTrunk, StepReport, Trainer, TunedPart};
use crate::run::{RunError, Scores, load_discriminator};

/// A fine-tuning as it is asked for.
#[derive(Debug, Clone)]
pub struct FineTuning {
    /// The base: what `generate --weights` takes.
    pub weights: PathBuf,
    /// A discriminator to learn against: a run's folder, a checkpoint, or its weights. The published fine-tuning has one; without it the
    /// pictures' distance takes the place of its losses.
    pub discriminator: Option<PathBuf>,
    /// What is chosen.
    pub settings: TuningSettings,
    /// Where the network learns.
    pub device: Device,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The person's file.
    pub person: PersonWeights,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Parameters that could change.
    pub parameters: usize,
    /// Steps done.
    pub steps: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// Frames that it learned from.
    pub learned: usize,
    /// Frames that it was judged by; 0 where those were judged that it learned from.
    pub judged: usize,
    /// Scores of the base.
    pub before: Scores,
    /// Scores with the person's file.
    pub after: Scores,
    /// A few judged frames before and after; see [`super::PREVIEW_COLUMNS`].
    pub preview: RgbImage,
}

impl FineTuning {
    /// Does it. `tell` hears of every step, with the number of all.
    ///
    /// # Errors
    /// Weights that cannot be read or do not fit; a loss that is no number.
    pub fn run(&self, frames: &TuningFrames, tell: &mut dyn FnMut(&StepReport, u64)) -> Result<Tuned, RunError> {
        let LoadedWeights { config, dict, side } = LoadedWeights::read(&self.weights, &Options::new())?;
        let device = self.device.clone().without_autodiff();
        let learned = FrameSet::new(&frames.learned, config.shots, side, &device);
        let judged: Vec<TunedFrame> = frames.judged.iter().map(|frame| TunedFrame::new(frame, side, &device)).collect();
        let judged_frames = if judged.is_empty() { learned.frames() } else { &judged };
        let base = Generator::new(&config, Weights::Checkpoint(dict.clone()), &device)?;
        let before = judge(&base, &learned, judged_frames)?;
        drop(base);

        let mut trainer = self.trainer(&config, &dict)?;
        let steps = self.settings.steps_for(learned.frames().len());
        let mut random = ChaCha8Rng::seed_from_u64(self.settings.seed);
        let begun = Instant::now();
        for _ in 0..steps {
            let report = trainer.step(&learned.draw(self.settings.batch, &mut random))?;
            tell(&report, steps);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let person = self.person(&trainer, &dict, steps)?;
        drop(trainer);

        let malformed =
            |reason: String| RunError::Malformed { path: self.weights.clone(), wanted: "base for a person's file", reason };
        let bytes = person.to_bytes().map_err(malformed)?;
        // Judged is what the file gives, with its rounding.
        let after = self.judge_file(&bytes, &config, dict, &learned, judged_frames)?;
        let projections = judged_frames.iter().map(|frame| picture_of(&frame.projection.image)).collect::<Result<Vec<_>, _>>()?;
        Ok(Tuned {
            preview: preview(judged_frames, &projections, &before, &after),
            parameters: person.value_count(),
            person,
            bytes,
            steps,
            seconds,
            learned: learned.frames().len(),
            judged: judged.len(),
            before: before.scores,
            after: after.scores,
        })
    }

    fn trainer(&self, config: &GeneratorConfig, dict: &StateDict) -> Result<Trainer, RunError> {
        let device = self.device.clone().autodiff();
        let generator = Generator::new(config, Weights::Checkpoint(dict.clone()), &device)?;
        let (judge, discriminator) = match &self.discriminator {
            Some(path) => {
                let (config, weights) = load_discriminator(path)?;
                (Judge::Present, Discriminator::new(&config, Weights::Checkpoint(weights), &device)?)
            }
            // None of the losses asks it.
            None => (Judge::Absent, Discriminator::new(&DiscriminatorConfig::smallest(), Weights::Zeros, &device)?),
        };
        let trunk = PerceptualTrunk::SqueezeNet(SqueezeNet::shipped(&device)?);
        Ok(Trainer::new(generator, discriminator, self.settings.trainer(judge)?, Some(trunk))?)
    }

    fn person(&self, trainer: &Trainer, base: &StateDict, steps: u64) -> Result<PersonWeights, RunError> {
        let part = match self.settings.part {
            TunedPart::Published => "published".to_owned(),
            TunedPart::LowRank { rank } => format!("low-rank {rank}"),
            TunedPart::Modulation => "modulation".to_owned(),
        };
        let about = [
            ("talkinghead.program", format!("talkinghead {}", env!("CARGO_PKG_VERSION"))),
            ("talkinghead.person.variant", part),
            ("talkinghead.person.steps", steps.to_string()),
        ];
        Ok(PersonWeights {
            base: weights_hash(base),
            base_name: file_name(&self.weights),
            changes: trainer.changes(base)?,
            about: about.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>(),
        })
    }

    fn judge_file(
        &self,
        bytes: &[u8],
        config: &GeneratorConfig,
        mut dict: StateDict,
        learned: &FrameSet,
        frames: &[TunedFrame],
    ) -> Result<Judged, RunError> {
        let name = Path::new("the person's file");
        PersonWeights::parse(name, bytes)?.apply(name, &mut dict, &self.weights)?;
        let generator = Generator::new(config, Weights::Checkpoint(dict), &self.device.clone().without_autodiff())?;
        judge(&generator, learned, frames)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
