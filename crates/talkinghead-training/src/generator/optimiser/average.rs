//! The moving average of a network's parameters.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::KernelError;
use talkinghead_kernels::burn::{is_plain, moving_average};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::{Entry, StateDict};

use super::{keys_by_id, tensors_under};
use crate::generator::TrainingError;

/// `average = decay * average + (1 - decay) * parameter` after every step, begun with the parameters as they were. Statistics and
/// spectral vectors are not averaged: [`Average::applied`] leaves those of the network.
#[derive(Debug, Clone)]
pub struct Average {
    decay: f64,
    by_id: HashMap<ParamId, Tensor<1>>,
}

struct Follow<'a> {
    average: &'a mut Average,
    parameters: &'a HashMap<ParamId, (String, Vec<usize>)>,
    failure: Option<KernelError>,
}

impl ModuleVisitor for Follow<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !self.parameters.contains_key(&param.id) {
            return;
        }
        let value = param.val().without_autodiff();
        let count = value.shape().num_elements();
        let value = value.reshape([count]);
        let Average { decay, by_id } = &mut *self.average;
        let new = match by_id.remove(&param.id) {
            Some(old) if !is_plain(&old) => old.mul_scalar(*decay) + value.mul_scalar(1.0 - *decay),
            Some(old) => match moving_average(old, value, *decay as f32) {
                Ok(new) => new,
                Err(error) => {
                    self.failure.get_or_insert(error);
                    return;
                }
            },
            None => value,
        };
        by_id.insert(param.id, new);
    }
}

struct Apply<'a> {
    average: &'a Average,
}

impl ModuleMapper for Apply<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(average) = self.average.by_id.get(&param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        Param::from_mapped_value(id, average.clone().reshape(tensor.dims()), mapper)
    }
}

impl Average {
    /// An average that starts at a network's parameters.
    ///
    /// # Errors
    /// As [`Average::follow`].
    pub fn new(decay: f64, module: &impl Module, entries: &[Entry]) -> Result<Self, KernelError> {
        let mut average = Self { decay, by_id: HashMap::new() };
        average.follow(module, entries)?;
        Ok(average)
    }

    /// One of the same decay that has averaged nothing.
    pub(in crate::generator) fn emptied(&self) -> Self {
        Self { decay: self.decay, by_id: HashMap::new() }
    }

    /// Moves towards the network's parameters.
    ///
    /// # Errors
    /// Parameters of another length than their averages.
    pub fn follow(&mut self, module: &impl Module, entries: &[Entry]) -> Result<(), KernelError> {
        let parameters = keys_by_id(entries);
        let mut follow = Follow { average: self, parameters: &parameters, failure: None };
        module.visit(&mut follow);
        follow.failure.map_or(Ok(()), Err)
    }

    /// The network, without gradients, with averaged parameters.
    pub fn applied<M: Module>(&self, module: &M) -> M {
        module.valid().map(&mut Apply { average: self })
    }

    /// Adds it as `average/KEY`.
    ///
    /// # Errors
    /// A tensor could not be read back from the device.
    pub fn save(&self, dict: &mut StateDict, entries: &[Entry]) -> Result<(), SynthesisError> {
        tensors_under(dict, "average", entries, |id| self.by_id.get(&id).cloned())
    }

    /// Takes what [`Average::save`] added.
    ///
    /// # Errors
    /// Names a tensor that is missing or of another shape.
    pub fn load(&mut self, dict: &mut StateDict, entries: &[Entry], device: &Device) -> Result<(), TrainingError> {
        let device = device.clone().without_autodiff();
        for (id, (key, shape)) in keys_by_id(entries) {
            let name = format!("average/{key}");
            let found = dict.take(&name).ok_or_else(|| TrainingError::State(format!("{name} is missing")))?;
            if found.shape != shape {
                return Err(TrainingError::State(format!("{name}: wanted shape {shape:?}, found {:?}", found.shape)));
            }
            let count = found.values.len();
            self.by_id.insert(id, Tensor::from_data(TensorData::new(found.values, [count]), &device));
        }
        Ok(())
    }
}
