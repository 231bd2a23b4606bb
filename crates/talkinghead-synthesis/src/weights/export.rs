//! The way back: a network's tensors, or their gradients, under their state-dict keys.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, Tensor};

use super::{Entry, EntryKind, HostTensor, StateDict};
use crate::layers::host;

struct Collector<'a> {
    gradients: Option<&'a Gradients>,
    tensors: HashMap<ParamId, HostTensor>,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            None => Some(param.val()),
            Some(gradients) => param.val().grad(gradients),
        };
        if let Some(tensor) = tensor {
            self.tensors.insert(param.id, host(&tensor));
        }
    }
}

fn collect(module: &impl Module, entries: &[Entry], gradients: Option<&Gradients>) -> StateDict {
    let mut collector = Collector { gradients, tensors: HashMap::new() };
    module.visit(&mut collector);
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
    dict
}

/// All tensors of a network, as its checkpoint holds them.
pub fn state_dict_of(module: &impl Module, entries: &[Entry]) -> StateDict {
    collect(module, entries, None)
}

/// Gradients of all parameters that have one.
pub fn gradients_of(module: &impl Module, entries: &[Entry], gradients: &Gradients) -> StateDict {
    collect(module, entries, Some(gradients))
}
