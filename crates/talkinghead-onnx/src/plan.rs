//! A network that is ready to run.

use std::sync::{Arc, OnceLock};

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use rten_tensor::AsView;
use rten_tensor::Layout;

/// A network cannot be loaded or run.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the network {name}: {reason}")]
pub struct OnnxError {
    /// Which network.
    pub name: &'static str,
    /// What was wrong.
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

/// A network with one input of fixed shape, ready to run; clones share it.
#[derive(Clone)]
pub struct OnnxPlan {
    name: &'static str,
    input_shape: Vec<usize>,
    input: NodeId,
    model: Arc<Model>,
}

impl OnnxPlan {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// The bytes are no ONNX file, or the network has no input.
    pub fn new(name: &'static str, onnx: &[u8], input_shape: &[usize]) -> Result<Self, OnnxError> {
        let _span = tracing::debug_span!("load_network", name).entered();
        let model = ModelOptions::with_all_ops().load(onnx.to_vec()).map_err(|error| OnnxError::new(name, error))?;
        let &input = model.input_ids().first().ok_or_else(|| OnnxError::new(name, "it has no input"))?;
        tracing::debug!(bytes = onnx.len(), "network loaded");
        Ok(Self { name, input_shape: input_shape.to_vec(), input, model: Arc::new(model) })
    }

    /// Runs the network on `input`, row-major; every output in the graph's order.
    ///
    /// # Errors
    /// The input has another size, or the network fails on it.
    pub fn run(&self, input: &[f32]) -> Result<Vec<OnnxOutput>, OnnxError> {
        let error = |reason: &dyn std::fmt::Display| OnnxError::new(self.name, reason);
        let view = ValueView::from_shape(&self.input_shape, input).map_err(|reason| error(&reason))?;
        let options = RunOptions::default().with_thread_pool(Some(threads()));
        let outputs = self.model.run(vec![(self.input, view.into())], self.model.output_ids(), Some(options));
        let output = |value: Value| match value {
            Value::FloatTensor(tensor) => Ok(OnnxOutput { shape: tensor.shape().to_vec(), values: tensor.to_vec() }),
            _ => Err(error(&"an output that is no tensor of floats")),
        };
        outputs.map_err(|reason| error(&reason))?.into_iter().map(output).collect()
    }
}

/// As many threads as everything else uses.
fn threads() -> Arc<ThreadPool> {
    static THREADS: OnceLock<Arc<ThreadPool>> = OnceLock::new();
    THREADS.get_or_init(|| Arc::new(ThreadPool::with_num_threads(rayon::current_num_threads()))).clone()
}

impl std::fmt::Debug for OnnxPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxPlan").field("name", &self.name).field("input_shape", &self.input_shape).finish_non_exhaustive()
    }
}
