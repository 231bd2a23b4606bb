//! Which tensors of a network take part in learning, and its statistics as tensors.

use std::collections::{HashMap, HashSet};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use talkinghead_synthesis::weights::{Entry, EntryKind};

struct Choose<'a> {
    learning: &'a HashSet<ParamId>,
    parameters: HashSet<ParamId>,
}

impl ModuleMapper for Choose<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.parameters.contains(&param.id) {
            return param;
        }
        let learns = self.learning.contains(&param.id);
        param.set_require_grad(learns)
    }
}

/// The same network, whose parameters need gradients where `learns` says so. Statistics and spectral vectors are shared with `module`.
pub(super) fn learning<M: Module>(module: &M, entries: &[Entry], learns: impl Fn(&str) -> bool) -> M {
    let parameters = || entries.iter().filter(|entry| entry.kind == EntryKind::Parameter);
    let chosen = parameters().filter(|entry| learns(&entry.key)).filter_map(|entry| entry.id).collect();
    let parameters = parameters().filter_map(|entry| entry.id).collect();
    module.clone().map(&mut Choose { learning: &chosen, parameters })
}

/// Running statistics and spectral vectors of a network, or some of them.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    by_id: HashMap<ParamId, Tensor<1>>,
}

struct Read {
    wanted: HashSet<ParamId>,
    by_id: HashMap<ParamId, Tensor<1>>,
}

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.wanted.contains(&param.id) {
            let value = param.val().without_autodiff();
            let count = value.shape().num_elements();
            self.by_id.insert(param.id, value.reshape([count]));
        }
    }
}

struct Write<'a> {
    buffers: &'a Buffers,
}

impl ModuleMapper for Write<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(value) = self.buffers.by_id.get(&param.id) else { return param };
        let (id, old, mapper) = param.consume();
        let new = value.clone().reshape(old.dims());
        Param::from_mapped_value(id, if old.is_autodiff() { new.autodiff() } else { new }, mapper)
    }
}

impl Buffers {
    /// Those whose key `wanted` takes.
    pub fn of(module: &impl Module, entries: &[Entry], wanted: impl Fn(&str) -> bool) -> Self {
        let buffers = entries.iter().filter(|entry| entry.kind == EntryKind::Buffer && wanted(&entry.key));
        let mut read = Read { wanted: buffers.filter_map(|entry| entry.id).collect(), by_id: HashMap::new() };
        module.visit(&mut read);
        Self { by_id: read.by_id }
    }

    /// A buffer, flat.
    pub fn get(&self, id: ParamId) -> Option<&Tensor<1>> {
        self.by_id.get(&id)
    }

    /// Replaces one.
    pub fn insert(&mut self, id: ParamId, value: Tensor<1>) {
        self.by_id.insert(id, value);
    }

    /// Puts them into a network, and with it into every clone that shares its statistics.
    pub fn put_into<M: Module>(&self, module: M) -> M {
        module.map(&mut Write { buffers: self })
    }
}

/// Whether a buffer is a spectral vector.
pub(super) fn is_spectral_vector(key: &str) -> bool {
    key.ends_with(".weight_u") || key.ends_with(".weight_v")
}
