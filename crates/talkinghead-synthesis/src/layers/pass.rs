//! What a forward pass carries along: its mode, a record of intermediate results, a count of the arithmetic.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;

use crate::weights::{HostTensor, StateDict};

/// How normalisation and spectral norm behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics, one power iteration per call; running statistics and spectral vectors advance.
    Training,
    /// Stored statistics and vectors; nothing changes.
    Evaluation,
}

/// One forward pass.
#[derive(Debug)]
pub struct Pass {
    /// Mode of every layer.
    pub mode: Mode,
    trace: Option<StateDict>,
    multiply_adds: u64,
    shares: BTreeMap<&'static str, Share>,
}

/// What one kind of operation took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    /// Calls.
    pub calls: u32,
    /// Multiply-adds.
    pub multiply_adds: u64,
    /// Time. Only meaningful on devices that compute while they are called, such as the processor.
    pub time: Duration,
}

impl Pass {
    /// A pass that records nothing.
    pub fn new(mode: Mode) -> Self {
        Self { mode, trace: None, multiply_adds: 0, shares: BTreeMap::new() }
    }

    /// A pass that keeps a copy of named intermediate results, including those that the result does not need.
    pub fn traced(mode: Mode) -> Self {
        Self { trace: Some(StateDict::new()), ..Self::new(mode) }
    }

    /// Whether intermediate results are recorded.
    pub fn is_traced(&self) -> bool {
        self.trace.is_some()
    }

    /// Records an intermediate result. A name that is there already is followed by `.call1`, `.call2` and so on by the caller.
    pub fn record<const D: usize>(&mut self, name: impl FnOnce() -> String, tensor: &Tensor<D>) {
        if let Some(trace) = &mut self.trace {
            trace.insert(name(), host(tensor));
        }
    }

    /// Records the result of a call as `NAME.call0`, `NAME.call1`, ... in the order of the calls.
    pub fn record_call<const D: usize>(&mut self, name: &str, tensor: &Tensor<D>) {
        if let Some(trace) = &mut self.trace {
            let free = (0..).map(|call| format!("{name}.call{call}")).find(|name| !trace.contains(name));
            if let Some(free) = free {
                trace.insert(free, host(tensor));
            }
        }
    }

    /// Adds to the count of multiply-adds.
    pub fn count(&mut self, multiply_adds: usize) {
        self.multiply_adds += multiply_adds as u64;
    }

    /// Runs an operation, counts its multiply-adds and remembers its time under a kind.
    pub fn time<T>(&mut self, kind: &'static str, multiply_adds: usize, operation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = operation();
        let share = self.shares.entry(kind).or_default();
        share.calls += 1;
        share.multiply_adds += multiply_adds as u64;
        share.time += start.elapsed();
        self.count(multiply_adds);
        result
    }

    /// What each kind of operation took.
    pub fn shares(&self) -> &BTreeMap<&'static str, Share> {
        &self.shares
    }

    /// Floating-point operations of all convolutions and linear layers so far (one multiply-add is two).
    pub fn operations(&self) -> u64 {
        2 * self.multiply_adds
    }

    /// The recorded results.
    pub fn into_trace(self) -> StateDict {
        self.trace.unwrap_or_default()
    }
}

/// A copy of a tensor in host memory.
pub fn host<const D: usize>(tensor: &Tensor<D>) -> HostTensor {
    let shape = tensor.dims().to_vec();
    let data = tensor.clone().into_data();
    let values = data.try_into_vec_as::<f32>().unwrap_or_default();
    HostTensor { shape, values, integer: false }
}
