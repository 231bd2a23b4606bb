//! The two networks with everything that changes while they learn.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, FloatDType, Tensor};
use talkinghead_kernels::Precision;
use talkinghead_kernels::burn::is_on_processor;
use talkinghead_synthesis::WeightChange;
use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::{Generator, Synthesis};
use talkinghead_synthesis::layers::{Mode, Pass};
use talkinghead_synthesis::weights::{HostTensor, StateDict, state_dict_of};

use super::frozen::learning;
use super::optimiser::{Adam, Average, LowRank};
use super::temporal::TemporalJudge;
use super::{Batch, LearningRates, PerceptualTrunk, Phase, TrainerSettings, TrainingError, TunedPart};
use crate::distributed::Exchange;

/// Generator, discriminator, their optimisers and the average. One call of [`Trainer::step`] learns from one batch.
#[derive(Debug)]
pub struct Trainer {
    pub(super) generator: Generator,
    pub(super) discriminator: Discriminator,
    pub(super) generator_adam: Adam,
    pub(super) discriminator_adam: Adam,
    /// In the place of the generator's Adam, where changes are of low rank.
    pub(super) low_rank: Option<LowRank>,
    pub(super) average: Option<Average>,
    /// From the temporal stage on.
    pub(super) temporal: Option<TemporalJudge>,
    /// The other processes, where several train together.
    pub(super) exchange: Option<Box<dyn Exchange>>,
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
    /// Settings out of range, a perceptual loss without a perceptual network, or a precision that the device does not have.
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
        let settings = TrainerSettings { precision: precision_on(settings.precision, &device)?, ..settings };
        let generator = generator_for(&settings, if device_of(&generator).is_autodiff() { generator } else { generator.train() });
        let discriminator = if device_of(&discriminator).is_autodiff() { discriminator } else { discriminator.train() };
        let average = settings.average.map(|decay| Average::new(decay, &generator, generator.entries())).transpose()?;
        let low_rank = match settings.phase {
            Phase::FineTuning(TunedPart::LowRank { rank }) => Some(LowRank::new(rank, settings.adam)),
            _ => None,
        };
        Ok(Self {
            low_rank,
            generator_adam: Adam::new(settings.adam),
            discriminator_adam: Adam::new(settings.adam),
            average,
            temporal: None,
            exchange: None,
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

    /// What the generator's steps have changed, by state-dict key: of parameters that learn. `before`: the weights it began with.
    ///
    /// # Errors
    /// A tensor could not be read back from the device, or `before` is of another network.
    pub fn changes(&self, before: &StateDict) -> Result<BTreeMap<String, WeightChange>, TrainingError> {
        let mut changes = match &self.low_rank {
            Some(low_rank) => low_rank.factors(self.generator.entries())?,
            None => BTreeMap::new(),
        };
        let now = state_dict_of(&self.generator, self.generator.entries())?;
        for (key, tensor) in now.into_tensors() {
            let old = before.get(&key).filter(|old| old.shape == tensor.shape);
            let old = old.ok_or_else(|| TrainingError::State(format!("{key} is missing in the weights from before")))?;
            if tensor.integer || changes.contains_key(&key) || old.values == tensor.values {
                continue;
            }
            let values = tensor.values.iter().zip(&old.values).map(|(new, old)| new - old).collect();
            changes.insert(key, WeightChange::Full(HostTensor { values, ..tensor }));
        }
        Ok(changes)
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
            Phase::FineTuning(_) => Mode::Evaluation,
        }
    }
}

/// What a choice of precision is on a device.
fn precision_on(wanted: Precision, device: &Device) -> Result<Precision, TrainingError> {
    let on_processor = is_on_processor(&Tensor::<1>::zeros([1], device));
    let has_bf16 = device.supports_dtype(FloatDType::BF16);
    match wanted {
        Precision::F32 => Ok(Precision::F32),
        Precision::Auto if on_processor || !has_bf16 => Ok(Precision::F32),
        Precision::Bf16 if !on_processor && !has_bf16 => Err(TrainingError::Settings(
            "training.precision = \"bf16\": this device does not multiply bf16; take \"f32\", or \"auto\", which falls back to it".into(),
        )),
        Precision::Bf16 | Precision::Auto => Ok(Precision::Bf16),
    }
}

fn device_of(module: &impl Module) -> Device {
    module.devices().first().cloned().unwrap_or_default()
}

/// A generator of whose parameters those learn that the phase trains.
pub(super) fn generator_for(settings: &TrainerSettings, generator: Generator) -> Generator {
    match settings.phase {
        Phase::Training => generator,
        Phase::FineTuning(part) => learning(&generator, generator.entries(), |key| part.learns(key)),
    }
}
