//! The two networks with everything that changes while they learn.

use burn::module::Module;
use burn::tensor::Device;
use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::{Generator, Synthesis};
use talkinghead_synthesis::layers::{Mode, Pass};

use super::frozen::learning;
use super::optimiser::{Adam, Average};
use super::{Batch, LearningRates, PerceptualTrunk, Phase, TrainerSettings, TrainingError, is_tuned};

/// Generator, discriminator, their optimisers and the average. One call of [`Trainer::step`] learns from one batch.
#[derive(Debug)]
pub struct Trainer {
    pub(super) generator: Generator,
    pub(super) discriminator: Discriminator,
    pub(super) generator_adam: Adam,
    pub(super) discriminator_adam: Adam,
    pub(super) average: Option<Average>,
    pub(super) rates: LearningRates,
    pub(super) steps: u64,
    pub(super) settings: TrainerSettings,
    pub(super) trunk: Option<PerceptualTrunk>,
    pub(super) device: Device,
}

impl Trainer {
    /// Takes networks on any device; they are trained there.
    ///
    /// # Errors
    /// Settings out of range, or a perceptual loss without a perceptual network.
    pub fn new(
        generator: Generator,
        discriminator: Discriminator,
        settings: TrainerSettings,
        trunk: Option<PerceptualTrunk>,
    ) -> Result<Self, TrainingError> {
        settings.validate()?;
        if settings.weights.perceptual > 0.0 && trunk.is_none() {
            let reason = "the perceptual loss has a weight, but there is no perceptual network".to_owned();
            return Err(TrainingError::Settings(reason));
        }
        let device = generator.devices().first().cloned().unwrap_or_default().autodiff();
        let generator = generator_for(&settings, if device_of(&generator).is_autodiff() { generator } else { generator.train() });
        let discriminator = if device_of(&discriminator).is_autodiff() { discriminator } else { discriminator.train() };
        let average = settings.average.map(|decay| Average::new(decay, &generator, generator.entries())).transpose()?;
        Ok(Self {
            generator_adam: Adam::new(settings.adam),
            discriminator_adam: Adam::new(settings.adam),
            average,
            rates: settings.rates,
            steps: 0,
            generator,
            discriminator,
            settings,
            trunk,
            device,
        })
    }

    /// The generator as it is, with gradients.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// The discriminator as it is, with gradients.
    pub fn discriminator(&self) -> &Discriminator {
        &self.discriminator
    }

    /// The generator with averaged parameters, or as it is where no average is kept; without gradients.
    pub fn averaged_generator(&self) -> Generator {
        match &self.average {
            Some(average) => average.applied(&self.generator),
            None => self.generator.valid(),
        }
    }

    /// The choices it was made with.
    pub fn settings(&self) -> &TrainerSettings {
        &self.settings
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Learning rates of the next step.
    pub fn learning_rates(&self) -> LearningRates {
        self.rates
    }

    /// Changes the learning rates; see [`super::Schedule`].
    pub fn set_learning_rates(&mut self, rates: LearningRates) {
        self.rates = rates;
    }

    /// What [`Trainer::averaged_generator`] makes of a batch when it does not learn: stored statistics, no gradients.
    ///
    /// # Errors
    /// A batch that does not fit.
    pub fn synthesise(&self, batch: &Batch) -> Result<Synthesis, TrainingError> {
        let batch = batch.map(|x| x.without_autodiff(), |x| x.without_autodiff());
        let pass = &mut Pass::new(Mode::Evaluation);
        Ok(self.averaged_generator().forward(&batch.references, &batch.targets, pass)?)
    }

    /// How layers behave in this phase.
    pub(super) fn mode(&self) -> Mode {
        match self.settings.phase {
            Phase::Training => Mode::Training,
            Phase::FineTuning => Mode::Evaluation,
        }
    }
}

fn device_of(module: &impl Module) -> Device {
    module.devices().first().cloned().unwrap_or_default()
}

/// A generator of whose parameters those learn that the phase trains.
pub(super) fn generator_for(settings: &TrainerSettings, generator: Generator) -> Generator {
    match settings.phase {
        Phase::Training => generator,
        Phase::FineTuning => learning(&generator, generator.entries(), is_tuned),
    }
}
