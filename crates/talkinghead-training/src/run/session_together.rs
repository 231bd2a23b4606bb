//! A run of several processes: what they tell each other beside gradients.

use std::collections::BTreeMap;

use talkinghead_formats::parse_safetensors;
use talkinghead_synthesis::weights::{FloatWidth, safetensors_bytes};

use super::RunError;
use super::progress::RunEvent;
use super::session::Session;
use crate::distributed::{LostRank, World};
use crate::generator::{LearningRates, StepReport, Trainer, TrainerState, TrainingError};
use crate::items::ItemLoader;
use crate::recipe::Recipe;

/// Gives every process the state of the first, where that has learned already; all others begin with the same weights by their seed.
pub(super) fn share_state(trainer: &mut Trainer, first: bool, recipe: &Recipe) -> Result<(), RunError> {
    let mut bytes = if first && trainer.steps() > 0 { bytes_of(&trainer.state()?).map_err(RunError::World)? } else { Vec::new() };
    if let Some(exchange) = trainer.exchange() {
        exchange.share_of_first(&mut bytes).map_err(TrainingError::Lost)?;
    }
    if first || bytes.is_empty() {
        return Ok(());
    }
    let state = state_of(&bytes).map_err(RunError::World)?;
    if state.is_temporal() {
        trainer.begin_temporal(recipe.temporal_windows(), recipe.seed)?;
    }
    Ok(trainer.restore(state)?)
}

fn bytes_of(state: &TrainerState) -> Result<Vec<u8>, String> {
    let numbers = [state.steps as f64, state.rates.generator, state.rates.discriminator];
    let about = ["steps", "generator", "discriminator"].into_iter().zip(numbers);
    let about: BTreeMap<String, String> = about.map(|(name, value)| (name.to_owned(), format!("{value:e}"))).collect();
    safetensors_bytes(&state.tensors, &about, FloatWidth::Single)
}

fn state_of(bytes: &[u8]) -> Result<TrainerState, String> {
    let (tensors, about) = parse_safetensors(bytes)?;
    let number = |name: &str| -> Result<f64, String> {
        let text = about.get(name).ok_or_else(|| format!("the state of rank 0 lacks `{name}`"))?;
        text.parse().map_err(|_| format!("the state of rank 0 has `{text}` for `{name}`"))
    };
    let rates = LearningRates { generator: number("generator")?, discriminator: number("discriminator")? };
    Ok(TrainerState { tensors, steps: number("steps")? as u64, rates })
}

impl Session {
    /// Whether this process writes the run's folder.
    pub(super) fn is_first(&self) -> bool {
        self.world.as_ref().is_none_or(World::is_first)
    }

    /// A step. Where another process is lost in it, all is as before the step, the first process writes a checkpoint, and the run ends.
    pub(super) fn guarded_step(
        &mut self,
        loader: &mut ItemLoader,
        epoch: u64,
        tell: &mut dyn FnMut(RunEvent),
    ) -> Result<StepReport, RunError> {
        let Some(kept) = self.world.is_some().then(|| self.trainer.kept()) else { return self.step(loader, epoch) };
        match self.step(loader, epoch) {
            Err(RunError::Training(TrainingError::Lost(lost))) => {
                // The stage may have begun in the step that failed: then the run goes on from before it.
                self.trainer.put_back(kept);
                self.end_without(lost, tell)
            }
            outcome => outcome,
        }
    }

    fn end_without<T>(&mut self, lost: LostRank, tell: &mut dyn FnMut(RunEvent)) -> Result<T, RunError> {
        let (step, first) = (self.trainer.steps(), self.is_first());
        if first {
            self.save(tell)?;
        }
        Err(RunError::LostRank { step, lost, saved: first })
    }

    /// Whether any process was asked to stop.
    pub(super) fn all_hear(&mut self, stop: bool) -> Result<bool, RunError> {
        match self.trainer.exchange() {
            None => Ok(stop),
            Some(exchange) => {
                let heard = exchange.largest(f32::from(u8::from(stop)));
                match heard {
                    Ok(heard) => Ok(heard > 0.0),
                    Err(lost) => self.end_without(lost, &mut |_| {}),
                }
            }
        }
    }

    /// The smallest of all processes' lengths.
    pub(super) fn shortest(&mut self, length: usize) -> Result<usize, RunError> {
        match self.trainer.exchange() {
            None => Ok(length),
            Some(exchange) => Ok(-exchange.largest(-(length as f32)).map_err(TrainingError::Lost)? as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_synthesis::weights::{HostTensor, StateDict};

    #[test]
    fn a_state_survives_the_way_to_another_process() {
        let mut tensors = StateDict::new();
        tensors.insert("generator/a", HostTensor::new(vec![2], vec![0.1, -3e-9]).unwrap());
        let state =
            TrainerState { tensors, steps: 12_345, rates: LearningRates { generator: 0.0002 / 3.0, discriminator: 0.0008 } };
        assert_eq!(state_of(&bytes_of(&state).unwrap()).unwrap(), state);
        assert!(state_of(b"nonsense").is_err());
    }
}
