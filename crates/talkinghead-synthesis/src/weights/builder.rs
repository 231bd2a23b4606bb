//! How a network takes its tensors: layer by layer, by state-dict key, with every mismatch collected and none forgiven.

use burn::module::{Param, ParamId, RunningState};
use burn::tensor::{Device, Tensor, TensorData};

use super::{HostTensor, StateDict, element_count};
use crate::error::{SynthesisError, WeightMismatch};

/// Where a network's tensors come from.
#[derive(Debug)]
pub enum Weights {
    /// A checkpoint; it must fit exactly.
    Checkpoint(StateDict),
    /// All zeros: to learn which tensors a configuration has.
    Zeros,
}

/// What an entry of a state dict is to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Trained by gradient.
    Parameter,
    /// Kept up to date by forward passes in training mode.
    Buffer,
    /// An integer that nothing reads (`num_batches_tracked`).
    Counter,
}

/// One entry of a network's state dict.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// PyTorch key.
    pub key: String,
    /// Shape in PyTorch layout.
    pub shape: Vec<usize>,
    /// What it is.
    pub kind: EntryKind,
    /// The parameter or state that holds it; none for counters.
    pub id: Option<ParamId>,
}

/// Hands out tensors by key while a network is being built.
#[derive(Debug)]
pub struct WeightBuilder {
    weights: Weights,
    device: Device,
    entries: Vec<Entry>,
    mismatch: WeightMismatch,
}

impl WeightBuilder {
    /// Starts building on a device. On an autodiff device parameters require gradients.
    pub fn new(weights: Weights, device: &Device) -> Self {
        Self { weights, device: device.clone(), entries: Vec::new(), mismatch: WeightMismatch::default() }
    }

    /// The device that tensors are put on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A trainable tensor.
    pub fn parameter<const D: usize>(&mut self, key: &str, shape: [usize; D]) -> Param<Tensor<D>> {
        let param = Param::from_tensor(self.tensor(key, shape));
        self.note(key, &shape, EntryKind::Parameter, Some(param.id));
        param
    }

    /// A tensor that forward passes in training mode replace.
    pub fn buffer(&mut self, key: &str, length: usize) -> RunningState<Tensor<1>> {
        let id = ParamId::new();
        let state = RunningState::with_id(id, self.tensor(key, [length]));
        self.note(key, &[length], EntryKind::Buffer, Some(id));
        state
    }

    /// The unused counter of a batch normalisation. Files saved by very old PyTorch versions lack it.
    pub fn counter(&mut self, key: &str) {
        self.note(key, &[], EntryKind::Counter, None);
        if let Weights::Checkpoint(dict) = &mut self.weights {
            dict.take(key);
        }
    }

    /// Whether every tensor so far was there and as it should be.
    pub fn fits_so_far(&self) -> bool {
        self.mismatch.is_empty()
    }

    /// Ends building.
    ///
    /// # Errors
    /// Lists every missing, unexpected, misshapen or non-finite tensor.
    pub fn finish(mut self) -> Result<Vec<Entry>, SynthesisError> {
        if let Weights::Checkpoint(dict) = &self.weights {
            self.mismatch.unexpected = dict.iter().map(|(key, _)| key.to_string()).collect();
        }
        if self.mismatch.is_empty() { Ok(self.entries) } else { Err(self.mismatch.into()) }
    }

    fn note(&mut self, key: &str, shape: &[usize], kind: EntryKind, id: Option<ParamId>) {
        self.entries.push(Entry { key: key.into(), shape: shape.to_vec(), kind, id });
    }

    fn tensor<const D: usize>(&mut self, key: &str, shape: [usize; D]) -> Tensor<D> {
        match self.lookup(key, &shape) {
            Some(values) => Tensor::from_data(TensorData::new(values, shape), &self.device),
            // One number stands for all, so that a file that claims huge layers and lacks them takes no memory for them.
            None => Tensor::<D>::zeros([1; D], &self.device).expand(shape),
        }
    }

    fn lookup(&mut self, key: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let Weights::Checkpoint(dict) = &mut self.weights else { return None };
        let Some(HostTensor { shape: found, values, .. }) = dict.take(key) else {
            self.mismatch.missing.push(key.into());
            return None;
        };
        if found != shape || element_count(shape) != Some(values.len()) {
            self.mismatch.wrong_shape.push((key.into(), shape.to_vec(), found));
            return None;
        }
        if let Some((position, value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            self.mismatch.not_finite.push((key.into(), position, *value));
            return None;
        }
        Some(values)
    }
}
