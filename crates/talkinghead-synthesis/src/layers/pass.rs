//! What a forward pass carries along: its mode and a record of intermediate results.

use burn::tensor::Tensor;

use super::host;
use crate::SynthesisError;
use crate::weights::StateDict;

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
    /// What was recorded, or the first failure to do so.
    trace: Option<Result<StateDict, SynthesisError>>,
}

impl Pass {
    /// A pass that records nothing.
    pub fn new(mode: Mode) -> Self {
        Self { mode, trace: None }
    }

    /// A pass that keeps a copy of named intermediate results, including those that the result does not need.
    pub fn traced(mode: Mode) -> Self {
        Self { mode, trace: Some(Ok(StateDict::new())) }
    }

    /// Whether intermediate results are recorded.
    pub fn is_traced(&self) -> bool {
        self.trace.is_some()
    }

    /// Records an intermediate result. A name that is there already is followed by `.call1`, `.call2` and so on by the caller.
    pub fn record<const D: usize>(&mut self, name: impl FnOnce() -> String, tensor: &Tensor<D>) {
        self.keep(|_| Some(name()), tensor);
    }

    /// Records the result of a call as `NAME.call0`, `NAME.call1`, ... in the order of the calls.
    pub fn record_call<const D: usize>(&mut self, name: &str, tensor: &Tensor<D>) {
        self.keep(|trace| (0..).map(|call| format!("{name}.call{call}")).find(|name| !trace.contains(name)), tensor);
    }

    fn keep<const D: usize>(&mut self, name: impl FnOnce(&StateDict) -> Option<String>, tensor: &Tensor<D>) {
        let Some(Ok(trace)) = &mut self.trace else { return };
        match host(tensor) {
            Ok(tensor) => {
                if let Some(name) = name(trace) {
                    trace.insert(name, tensor);
                }
            }
            Err(error) => self.trace = Some(Err(error)),
        }
    }

    /// The recorded results.
    ///
    /// # Errors
    /// One of them could not be read back from the device.
    pub fn into_trace(self) -> Result<StateDict, SynthesisError> {
        self.trace.unwrap_or_else(|| Ok(StateDict::new()))
    }
}
