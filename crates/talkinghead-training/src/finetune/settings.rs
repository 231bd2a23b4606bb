//! Everything that is chosen about a fine-tuning.

use crate::generator::{LearningRates, LossWeights, Phase, TrainerSettings, TrainingError, TunedPart};

/// Choices; see the book for what they were measured to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuningSettings {
    /// What changes.
    pub part: TunedPart,
    /// Steps; none: as many as suit the frames.
    pub steps: Option<u64>,
    /// Frames a step.
    pub batch: usize,
    /// The generator's learning rate; none: what suits the part. With a discriminator, its rate is four times that, as published.
    pub rate: Option<f64>,
    /// Decides which frames a step sees.
    pub seed: u64,
}

impl Default for TuningSettings {
    fn default() -> Self {
        Self { part: TunedPart::Published, steps: None, batch: 1, rate: None, seed: 0 }
    }
}

/// Whether there is a discriminator to learn against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    Present,
    Absent,
}

impl TuningSettings {
    /// Steps for so many frames: the published `max(15, 2 * frames)` is far too few for a small base; see the book.
    pub fn steps_for(&self, frames: usize) -> u64 {
        self.steps.unwrap_or_else(|| (4 * frames as u64).clamp(100, 400))
    }

    fn rate(&self) -> f64 {
        self.rate.unwrap_or(match self.part {
            TunedPart::Published => 2e-4,
            TunedPart::LowRank { .. } | TunedPart::Modulation => 1e-3,
        })
    }

    /// How a step is done. Without a discriminator the pictures themselves say more: the absolute distance takes its place.
    pub(super) fn trainer(&self, judge: Judge) -> Result<TrainerSettings, TrainingError> {
        let weights = match judge {
            Judge::Present => LossWeights::default(),
            Judge::Absent => LossWeights { adversarial: 0.0, feature_matching: 0.0, absolute: 10.0, ..LossWeights::default() },
        };
        let rate = self.rate();
        let settings = TrainerSettings {
            phase: Phase::FineTuning(self.part),
            weights,
            rates: LearningRates { generator: rate, discriminator: 4.0 * rate },
            ..TrainerSettings::default()
        };
        settings.validate()?;
        Ok(settings)
    }
}
