//! One fixed ONNX network that ships with the program: loaded on first use, then shared by all threads.

use std::sync::{Arc, OnceLock};

use tract_onnx::prelude::*;

use crate::FaceError;

/// A network with one input of fixed shape.
pub(crate) struct Network {
    name: &'static str,
    onnx: &'static [u8],
    input_shape: &'static [usize],
    plan: OnceLock<Result<Arc<TypedRunnableModel>, String>>,
}

impl Network {
    pub(crate) const fn new(name: &'static str, onnx: &'static [u8], input_shape: &'static [usize]) -> Self {
        Self { name, onnx, input_shape, plan: OnceLock::new() }
    }

    /// Runs the network on `input` (row-major in the shape given to [`Network::new`]); every output flattened, in the
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

    fn load(&self) -> TractResult<Arc<TypedRunnableModel>> {
        let mut bytes = self.onnx;
        tract_onnx::onnx()
            .model_for_read(&mut bytes)?
            .with_input_fact(0, f32::fact(self.input_shape).into())?
            .into_optimized()?
            .into_runnable()
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("name", &self.name).field("loaded", &self.plan.get().is_some()).finish()
    }
}
