//! Everything that a step changes, in host memory: what a checkpoint holds.

use talkinghead_synthesis::discriminator::Discriminator;
use talkinghead_synthesis::generator::Generator;
use talkinghead_synthesis::weights::{StateDict, Weights, state_dict_of};

use super::temporal::{TEMPORAL, TemporalJudge};
use super::trainer::generator_for;
use super::{LearningRates, Trainer, TrainingError};

/// A trainer between two steps. Put back, the next step gives the same bytes on the processor.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// `generator/KEY`, `discriminator/KEY`; of the optimisers `generator.first/KEY`, `.second/`, `.count/` and the same of the
    /// discriminator; `average/KEY`; `temporal_discriminator/KEY` and the same of its optimiser.
    pub tensors: StateDict,
    /// Steps so far.
    pub steps: u64,
    /// Learning rates.
    pub rates: LearningRates,
}

impl TrainerState {
    /// Whether it is of the temporal stage.
    pub fn is_temporal(&self) -> bool {
        self.tensors.contains_prefix(TEMPORAL)
    }
}

const GENERATOR: &str = "generator/";
const DISCRIMINATOR: &str = "discriminator/";

impl Trainer {
    /// A copy of everything that a step changes.
    ///
    /// # Errors
    /// A tensor could not be read back from the device.
    pub fn state(&self) -> Result<TrainerState, TrainingError> {
        let mut tensors = StateDict::new();
        let (of_generator, of_discriminator) = (self.generator.entries(), self.discriminator.entries());
        let networks = [
            (GENERATOR, state_dict_of(&self.generator, of_generator)?),
            (DISCRIMINATOR, state_dict_of(&self.discriminator, of_discriminator)?),
        ];
        for (prefix, dict) in networks {
            dict.into_tensors().for_each(|(key, tensor)| {
                tensors.insert(format!("{prefix}{key}"), tensor);
            });
        }
        self.generator_adam.save(&mut tensors, "generator", of_generator)?;
        self.discriminator_adam.save(&mut tensors, "discriminator", of_discriminator)?;
        self.save_temporal(&mut tensors)?;
        if let Some(average) = &self.average {
            average.save(&mut tensors, of_generator)?;
        }
        Ok(TrainerState { tensors, steps: self.steps, rates: self.rates })
    }

    /// Adds the temporal discriminator and its optimiser, where there is one.
    pub(super) fn save_temporal(&self, tensors: &mut StateDict) -> Result<(), TrainingError> {
        let Some(TemporalJudge { discriminator, adam, .. }) = &self.temporal else { return Ok(()) };
        let entries = discriminator.entries();
        for (key, tensor) in state_dict_of(discriminator, entries)?.into_tensors() {
            tensors.insert(format!("{TEMPORAL}{key}"), tensor);
        }
        Ok(adam.save(tensors, TEMPORAL.trim_end_matches('/'), entries)?)
    }

    /// The temporal discriminator of a state, in the place of the trainer's own.
    fn take_temporal(&self, tensors: &mut StateDict) -> Result<Option<TemporalJudge>, TrainingError> {
        let Some(old) = &self.temporal else { return Ok(None) };
        let weights = Weights::Checkpoint(tensors.take_prefixed(TEMPORAL));
        let discriminator = Discriminator::new(old.discriminator.config(), weights, &self.device)?;
        let mut adam = old.adam.clone();
        adam.load(tensors, TEMPORAL.trim_end_matches('/'), discriminator.entries(), &self.device)?;
        Ok(Some(TemporalJudge { discriminator, adam, past: old.past }))
    }

    /// Takes a state that [`Trainer::state`] gave, of a trainer with the same networks and settings.
    ///
    /// # Errors
    /// Names the tensors that are missing, left over or of another shape; the trainer is then as before.
    pub fn restore(&mut self, state: TrainerState) -> Result<(), TrainingError> {
        let TrainerState { mut tensors, steps, rates } = state;
        let (weights, judge) = (tensors.take_prefixed(GENERATOR), tensors.take_prefixed(DISCRIMINATOR));
        let generator = Generator::new(self.generator.config(), Weights::Checkpoint(weights), &self.device)?;
        let generator = generator_for(&self.settings, generator);
        let discriminator = Discriminator::new(self.discriminator.config(), Weights::Checkpoint(judge), &self.device)?;
        let (mut generator_adam, mut discriminator_adam) = (self.generator_adam.clone(), self.discriminator_adam.clone());
        generator_adam.load(&mut tensors, "generator", generator.entries(), &self.device)?;
        discriminator_adam.load(&mut tensors, "discriminator", discriminator.entries(), &self.device)?;
        let temporal = self.take_temporal(&mut tensors)?;
        let average = match &self.average {
            None => None,
            Some(old) => {
                let mut average = old.emptied();
                average.load(&mut tensors, generator.entries(), &self.device)?;
                Some(average)
            }
        };
        if let Some((key, _)) = tensors.iter().next() {
            return Err(TrainingError::State(format!("{} tensors are left over, such as {key}", tensors.len())));
        }
        *self = Self {
            low_rank: self.low_rank.take(),
            generator,
            discriminator,
            generator_adam,
            discriminator_adam,
            average,
            temporal,
            exchange: self.exchange.take(),
            rates,
            steps,
            settings: self.settings.clone(),
            trunk: self.trunk.take(),
            device: self.device.clone(),
        };
        Ok(())
    }
}
