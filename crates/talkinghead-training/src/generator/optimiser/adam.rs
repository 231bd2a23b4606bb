//! Adam as PyTorch has it, without weight decay.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::burn::{AdamMoments, adam, is_plain};
use talkinghead_kernels::{AdamStep, KernelError};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::{Entry, HostTensor, StateDict};

use super::{GradientSet, keys_by_id, tensors_under};
use crate::generator::TrainingError;

/// Decays and the number that keeps from dividing by zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// Decay of the mean gradient; at 0, as in training on two time scales, no mean is kept.
    pub beta1: f64,
    /// Decay of the mean squared gradient.
    pub beta2: f64,
    /// Added to the root of the mean square.
    pub epsilon: f64,
}

impl AdamSettings {
    /// Those of training on two time scales.
    pub fn two_scales(beta2: f64) -> Self {
        Self { beta1: 0.0, beta2, epsilon: 1e-8 }
    }
}

/// What is remembered of a parameter's gradients, flat.
#[derive(Debug, Clone)]
struct Moments {
    first: Option<Tensor<1>>,
    second: Tensor<1>,
    /// Gradients so far.
    count: u32,
}

/// The optimiser of one network. Parameters without a gradient stay as they are and are not counted.
#[derive(Debug, Clone)]
pub struct Adam {
    settings: AdamSettings,
    moments: HashMap<ParamId, Moments>,
}

struct Update<'a> {
    adam: &'a mut Adam,
    gradients: GradientSet,
    rate: f64,
    /// What every gradient is multiplied by.
    factor: f64,
    failure: Option<KernelError>,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove(param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, graded) = (tensor.dims(), tensor.is_require_grad());
        let count = tensor.shape().num_elements();
        let device = tensor.device().without_autodiff();
        // Handed over, so that it can be changed in place.
        let new = self.adam.updated(id, tensor.without_autodiff().reshape([count]), gradient, self.rate, self.factor);
        let new = new.unwrap_or_else(|error| {
            self.failure.get_or_insert(error);
            Tensor::zeros([count], &device)
        });
        let new = new.reshape(shape);
        Param::from_mapped_value(id, Tensor::from_inner(new).set_require_grad(graded), mapper)
    }
}

impl Adam {
    /// An optimiser that has seen nothing.
    pub fn new(settings: AdamSettings) -> Self {
        Self { settings, moments: HashMap::new() }
    }

    /// One step on a network with that learning rate; every gradient is multiplied by `factor` first. In place, where nobody else holds the
    /// parameters.
    ///
    /// # Errors
    /// Gradients of another length than their parameters.
    pub fn step<M: Module>(&mut self, module: M, gradients: GradientSet, rate: f64, factor: f64) -> Result<M, KernelError> {
        let mut update = Update { adam: self, gradients, rate, factor, failure: None };
        let module = module.map(&mut update);
        update.failure.map_or(Ok(module), Err)
    }

    pub(super) fn updated(
        &mut self,
        id: ParamId,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        rate: f64,
        factor: f64,
    ) -> Result<Tensor<1>, KernelError> {
        let AdamSettings { beta1, beta2, epsilon } = self.settings;
        let old = self.moments.remove(&id);
        let count = old.as_ref().map_or(0, |moments| moments.count) + 1;
        let corrections = [beta1, beta2].map(|beta| 1.0 - beta.powi(count as i32));
        let zeros = || parameter.zeros_like();
        let moments = old.map(|old| AdamMoments { first: old.first, second: old.second });
        let moments = moments.unwrap_or_else(|| AdamMoments { first: (beta1 != 0.0).then(zeros), second: zeros() });
        let step = AdamStep {
            factor: factor as f32,
            beta1: beta1 as f32,
            beta2: beta2 as f32,
            rate: (rate / corrections[0]) as f32,
            correction: corrections[1].sqrt() as f32,
            epsilon: epsilon as f32,
        };
        let (parameter, AdamMoments { first, second }) = if is_plain(&parameter) {
            adam(parameter, gradient, moments, step)?
        } else {
            elsewhere(parameter, gradient, moments, step)
        };
        self.moments.insert(id, Moments { first, second, count });
        Ok(parameter)
    }

    /// Adds what is remembered as `PREFIX.first/KEY`, `PREFIX.second/KEY` and `PREFIX.count/KEY` (one number).
    ///
    /// # Errors
    /// A tensor could not be read back from the device.
    pub fn save(&self, dict: &mut StateDict, prefix: &str, entries: &[Entry]) -> Result<(), SynthesisError> {
        tensors_under(dict, &format!("{prefix}.first"), entries, |id| self.moments.get(&id)?.first.clone())?;
        tensors_under(dict, &format!("{prefix}.second"), entries, |id| Some(self.moments.get(&id)?.second.clone()))?;
        for (id, (key, _)) in keys_by_id(entries) {
            if let Some(moments) = self.moments.get(&id) {
                let count = HostTensor { shape: vec![1], values: vec![moments.count as f32], integer: false };
                dict.insert(format!("{prefix}.count/{key}"), count);
            }
        }
        Ok(())
    }

    /// Takes what [`Adam::save`] added.
    ///
    /// # Errors
    /// Names a tensor of another shape, or a half of one that is missing.
    pub fn load(&mut self, dict: &mut StateDict, prefix: &str, entries: &[Entry], device: &Device) -> Result<(), TrainingError> {
        let device = device.clone().without_autodiff();
        let mut moments = HashMap::new();
        for (id, (key, shape)) in keys_by_id(entries) {
            let mut take = |part: &str| -> Result<Option<Tensor<1>>, TrainingError> {
                let name = format!("{prefix}.{part}/{key}");
                let Some(found) = dict.take(&name) else { return Ok(None) };
                if found.shape != shape {
                    return Err(TrainingError::State(format!("{name}: wanted shape {shape:?}, found {:?}", found.shape)));
                }
                let count = found.values.len();
                Ok(Some(Tensor::from_data(TensorData::new(found.values, [count]), &device)))
            };
            let (first, second) = (take("first")?, take("second")?);
            let name = format!("{prefix}.count/{key}");
            let count = dict.take(&name).and_then(|tensor| tensor.values.first().copied());
            match (second, count) {
                (Some(second), Some(count)) if first.is_some() == (self.settings.beta1 != 0.0) => {
                    moments.insert(id, Moments { first, second, count: count as u32 });
                }
                (None, None) if first.is_none() => {}
                _ => return Err(TrainingError::State(format!("the optimiser's memory of {key} ({prefix}) is not whole"))),
            }
        }
        self.moments = moments;
        Ok(())
    }
}

/// The step of a device without kernels of ours.
fn elsewhere(parameter: Tensor<1>, gradient: Tensor<1>, moments: AdamMoments, step: AdamStep) -> (Tensor<1>, AdamMoments) {
    let AdamStep { factor, beta1, beta2, rate, correction, epsilon } = step;
    let gradient = if factor == 1.0 { gradient } else { gradient.mul_scalar(factor) };
    let second = moments.second.mul_scalar(beta2) + (gradient.clone() * gradient.clone()).mul_scalar(1.0 - beta2);
    let first = moments.first.map(|first| first.mul_scalar(beta1) + gradient.clone().mul_scalar(1.0 - beta1));
    let deviation = second.clone().sqrt().div_scalar(correction).add_scalar(epsilon);
    let mean = first.clone().unwrap_or(gradient);
    (parameter - (mean / deviation).mul_scalar(rate), AdamMoments { first, second })
}
