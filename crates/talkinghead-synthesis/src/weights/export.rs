//! The way back: a network's tensors, or their gradients, under their state-dict keys.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, Tensor};

use super::{Entry, EntryKind, HostTensor, StateDict};
use crate::SynthesisError;
use crate::layers::host;

struct Collector<'a> {
    gradients: Option<&'a Gradients>,
    tensors: HashMap<ParamId, HostTensor>,
    /// The first tensor that could not be read back.
    failure: Option<SynthesisError>,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            None => Some(param.val()),
            Some(gradients) => param.val().grad(gradients),
        };
        if let Some(tensor) = tensor {
            match host(&tensor) {
                Ok(tensor) => {
                    self.tensors.insert(param.id, tensor);
                }
                Err(error) => self.failure = self.failure.take().or(Some(error)),
            }
        }
    }
}

fn collect(module: &impl Module, entries: &[Entry], gradients: Option<&Gradients>) -> Result<StateDict, SynthesisError> {
    let mut collector = Collector { gradients, tensors: HashMap::new(), failure: None };
    module.visit(&mut collector);
    if let Some(error) = collector.failure {
        return Err(error);
    }
    let mut dict = StateDict::new();
    for entry in entries {
        let tensor = entry.id.and_then(|id| collector.tensors.remove(&id));
        match (tensor, entry.kind) {
            (Some(tensor), _) => {
                dict.insert(entry.key.clone(), tensor);
            }
            (None, EntryKind::Counter) if gradients.is_none() => {
                dict.insert(entry.key.clone(), HostTensor { shape: Vec::new(), values: vec![0.0], integer: true });
            }
            _ => {}
        }
    }
    Ok(dict)
}

/// All tensors of a network, as its checkpoint holds them.
///
/// # Errors
/// A tensor could not be read back from the device.
pub fn state_dict_of(module: &impl Module, entries: &[Entry]) -> Result<StateDict, SynthesisError> {
    collect(module, entries, None)
}

/// Gradients of all parameters that have one.
///
/// # Errors
/// As [`state_dict_of`].
pub fn gradients_of(module: &impl Module, entries: &[Entry], gradients: &Gradients) -> Result<StateDict, SynthesisError> {
    collect(module, entries, Some(gradients))
}
