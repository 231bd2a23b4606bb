//! Everything about a step that is a choice.

use talkinghead_kernels::Precision;
use talkinghead_synthesis::discriminator::GanLoss;
use talkinghead_synthesis::options::Options;

use super::optimiser::AdamSettings;
use super::{LearningRates, LossWeights, Phase, TrainingError, TunedPart};
use crate::Compatibility;

/// Which fakes the discriminator learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiscriminatorFakes {
    /// Made anew by the generator that has just learned, as published: a second forward pass.
    #[default]
    Anew,
    /// Those of the generator's own pass: a third of the time saved, and running statistics that advance once a step.
    Reused,
}

/// Choices of a [`super::Trainer`]. The defaults are those of the published training script.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerSettings {
    /// Training or fine-tuning.
    pub phase: Phase,
    /// Form of the adversarial losses.
    pub gan: GanLoss,
    /// Weight of each loss.
    pub weights: LossWeights,
    /// Published oddities or not: the right hinge loss of a generator is `-mean(D(fake))`, and VGG19 rightly sees pictures normalised as
    /// ImageNet's were.
    pub compatibility: Compatibility,
    /// Which fakes the discriminator sees.
    pub fakes: DiscriminatorFakes,
    /// Learning rates of the first step.
    pub rates: LearningRates,
    /// Both optimisers.
    pub adam: AdamSettings,
    /// Gradients longer than this, over all parameters of a network, are shortened to it. Published: none.
    pub gradient_limit: Option<f64>,
    /// Decay of the moving average of the generator's parameters, 0..1. Published: none.
    pub average: Option<f64>,
    /// What convolutions and products of a step multiply; see [`talkinghead_kernels::burn::with_precision`]. Published: f32.
    pub precision: Precision,
}

impl Default for TrainerSettings {
    fn default() -> Self {
        Self {
            phase: Phase::Training,
            gan: GanLoss::Hinge,
            weights: LossWeights::default(),
            compatibility: Compatibility::Reference,
            fakes: DiscriminatorFakes::Anew,
            rates: LearningRates::two_scales(0.0004),
            adam: AdamSettings::two_scales(0.999),
            gradient_limit: None,
            average: None,
            precision: Precision::F32,
        }
    }
}

impl TrainerSettings {
    /// From options under the published names; what is not set has the published default.
    ///
    /// # Errors
    /// Values that are no numbers or no such choice, by name.
    pub fn from_options(options: &Options) -> Result<Self, TrainingError> {
        let rate = options.number("lr", 0.0004)?;
        let beta2 = options.number("beta2", 0.999)?;
        let (rates, adam) = if options.flag("no_TTUR")? {
            let beta1 = options.number("beta1", 0.5)?;
            (LearningRates::equal(rate), AdamSettings { beta1, beta2, ..AdamSettings::two_scales(beta2) })
        } else {
            (LearningRates::two_scales(rate), AdamSettings::two_scales(beta2))
        };
        let phase = if options.flag("finetune")? { Phase::FineTuning(TunedPart::Published) } else { Phase::Training };
        let gan = GanLoss::parse(options.get("gan_mode").unwrap_or("hinge"))?;
        let settings = Self { phase, gan, weights: LossWeights::from_options(options)?, rates, adam, ..Self::default() };
        settings.validate()?;
        Ok(settings)
    }

    /// Checks ranges.
    ///
    /// # Errors
    /// Names the setting.
    pub fn validate(&self) -> Result<(), TrainingError> {
        let wrong =
            |what: &str, value: f64, wanted: &str| Err(TrainingError::Settings(format!("{what} = {value}: wanted {wanted}")));
        for (what, rate) in [("generator's", self.rates.generator), ("discriminator's", self.rates.discriminator)] {
            if !(rate.is_finite() && rate >= 0.0) {
                return wrong(&format!("the {what} learning rate"), rate, "a number of at least 0");
            }
        }
        for (what, beta) in [("beta1", self.adam.beta1), ("beta2", self.adam.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return wrong(what, beta, "0 or more and less than 1");
            }
        }
        match (self.gradient_limit, self.average) {
            (Some(limit), _) if !(limit.is_finite() && limit > 0.0) => wrong("the gradients' limit", limit, "more than 0"),
            (_, Some(decay)) if !(0.0..1.0).contains(&decay) => wrong("the average's decay", decay, "0 or more and less than 1"),
            _ => self.weights.validate(),
        }
    }
}
