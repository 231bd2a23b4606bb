//! One fixed ONNX network that ships with the program: loaded on first use, then shared by all threads.

use std::sync::{Arc, OnceLock};

use tract_onnx::prelude::*;

use crate::error::FaceError;

/// A network with one input of fixed shape.
pub(crate) struct OnnxNetwork {
    name: &'static str,
    onnx: &'static [u8],
    input_shape: &'static [usize],
    plan: OnceLock<Result<Arc<TypedRunnableModel>, String>>,
}

impl OnnxNetwork {
    pub(crate) const fn new(name: &'static str, onnx: &'static [u8], input_shape: &'static [usize]) -> Self {
        Self { name, onnx, input_shape, plan: OnceLock::new() }
    }

    /// Runs the network on `input` (row-major in the shape given to [`OnnxNetwork::new`]); every output flattened, in the
    /// graph's order.
    pub(crate) fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, FaceError> {
        let plan = self.plan.get_or_init(|| self.load().map_err(|e| format!("{e:#}")));
        let plan = plan.as_ref().map_err(|reason| FaceError::network(self.name, reason))?;
        let run = || -> TractResult<Vec<Vec<f32>>> {
            let tensor = Tensor::from_shape(self.input_shape, input)?;
            let outputs = plan.run(tvec!(tensor.into_tvalue()))?;
            outputs.iter().map(|o| Ok(o.to_plain_array_view::<f32>()?.iter().copied().collect())).collect()
        };
        run().map_err(|e| FaceError::network(self.name, e))
    }

    /// As [`OnnxNetwork::run`], the first output alone.
    pub(crate) fn run_first(&self, input: &[f32]) -> Result<Vec<f32>, FaceError> {
        self.run(input)?.into_iter().next().ok_or_else(|| FaceError::network(self.name, "it has no output"))
    }

    /// Reads the file and makes it ready to run.
    pub(crate) fn load(&self) -> TractResult<Arc<TypedRunnableModel>> {
        let _span = tracing::debug_span!("load_network", name = self.name).entered();
        let mut bytes = self.onnx;
        tract_onnx::onnx()
            .model_for_read(&mut bytes)?
            .with_input_fact(0, f32::fact(self.input_shape).into())?
            .into_optimized()?
            .into_runnable()
            .inspect(|_| tracing::debug!(bytes = self.onnx.len(), "network loaded"))
    }
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxNetwork").field("name", &self.name).field("loaded", &self.plan.get().is_some()).finish()
    }
}
