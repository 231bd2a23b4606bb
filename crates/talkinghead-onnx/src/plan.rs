//! A network that is ready to run.

use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::widening::widen_weights;

/// A network cannot be loaded or run.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the network {name}: {reason}")]
pub struct OnnxError {
    /// Which network.
    pub name: &'static str,
    /// What tract said.
    pub reason: String,
}

impl OnnxError {
    pub(crate) fn new(name: &'static str, reason: impl std::fmt::Display) -> Self {
        Self { name, reason: format!("{reason:#}") }
    }
}

/// One output of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxOutput {
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// How much a graph is simplified before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simplification {
    /// Hardly: ready in half of the time, for what runs a few times.
    Little,
    /// Fully: runs up to twice as fast, for what runs on every frame.
    Full,
}

/// A network with one input of fixed shape, ready to run; clones share it.
#[derive(Clone)]
pub struct OnnxPlan {
    name: &'static str,
    input_shape: Vec<usize>,
    model: Arc<TypedRunnableModel>,
}

impl OnnxPlan {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// The bytes are no ONNX file, or the network cannot take an input of that shape.
    pub fn new(
        name: &'static str,
        onnx: &[u8],
        input_shape: &[usize],
        simplification: Simplification,
    ) -> Result<Self, OnnxError> {
        let _span = tracing::debug_span!("load_network", name).entered();
        let load = || -> TractResult<Arc<TypedRunnableModel>> {
            let mut bytes = onnx;
            let framework = tract_onnx::onnx();
            let mut file = framework.proto_model_for_read(&mut bytes)?;
            widen_weights(&mut file);
            let model = framework.model_for_proto_model(&file)?.with_input_fact(0, f32::fact(input_shape).into())?;
            let mut model = model.into_typed()?;
            if simplification == Simplification::Full {
                model.declutter()?;
            }
            model.optimize()?;
            model.into_runnable()
        };
        let model = load().map_err(|error| OnnxError::new(name, error))?;
        tracing::debug!(bytes = onnx.len(), "network loaded");
        Ok(Self { name, input_shape: input_shape.to_vec(), model })
    }

    /// Runs the network on `input`, row-major; every output in the graph's order.
    ///
    /// # Errors
    /// The input has another size, or the network fails on it.
    pub fn run(&self, input: &[f32]) -> Result<Vec<OnnxOutput>, OnnxError> {
        let run = || -> TractResult<Vec<OnnxOutput>> {
            let outputs = self.model.run(tvec!(Tensor::from_shape(&self.input_shape, input)?.into_tvalue()))?;
            let output = |tensor: &TValue| -> TractResult<OnnxOutput> {
                let values = tensor.to_plain_array_view::<f32>()?.iter().copied().collect();
                Ok(OnnxOutput { shape: tensor.shape().to_vec(), values })
            };
            outputs.iter().map(output).collect()
        };
        run().map_err(|error| OnnxError::new(self.name, error))
    }
}

impl std::fmt::Debug for OnnxPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxPlan").field("name", &self.name).field("input_shape", &self.input_shape).finish_non_exhaustive()
    }
}
