//! A network with one input of fixed shape, loaded on first use, then shared by all threads.

use std::sync::OnceLock;

use crate::{OnnxError, OnnxOutput, OnnxPlan};

/// A network with one input of fixed shape, loaded on first use.
pub struct OnnxNetwork {
    name: &'static str,
    onnx: &'static [u8],
    input_shape: &'static [usize],
    plan: OnceLock<Result<OnnxPlan, OnnxError>>,
}

impl OnnxNetwork {
    /// The network of a file's bytes; `name` is for errors. Nothing is read yet.
    pub const fn new(name: &'static str, onnx: &'static [u8], input_shape: &'static [usize]) -> Self {
        Self { name, onnx, input_shape, plan: OnceLock::new() }
    }

    /// Makes it ready now.
    ///
    /// # Errors
    /// The file is no network that can run.
    pub fn load(&self) -> Result<&OnnxPlan, OnnxError> {
        let load = || OnnxPlan::new(self.name, self.onnx, self.input_shape);
        self.plan.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// Runs the network on `input` (row-major in the shape given to [`OnnxNetwork::new`]); every output in the graph's order.
    ///
    /// # Errors
    /// The file is no network that can run, or the input has another size.
    pub fn run(&self, input: &[f32]) -> Result<Vec<OnnxOutput>, OnnxError> {
        self.load()?.run(input)
    }

    /// As [`OnnxNetwork::run`], the values of the first output alone.
    ///
    /// # Errors
    /// As [`OnnxNetwork::run`].
    pub fn run_first(&self, input: &[f32]) -> Result<Vec<f32>, OnnxError> {
        let first = self.run(input)?.into_iter().next();
        first.map(|output| output.values).ok_or_else(|| OnnxError::new(self.name, "it has no output"))
    }
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxNetwork").field("name", &self.name).field("loaded", &self.plan.get().is_some()).finish()
    }
}
