//! A network that is ready to run.

use std::borrow::Cow;
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
    /// Reads a file's bytes; those that are part of the program are not copied.
    ///
    /// # Errors
    /// The bytes are no ONNX file, or the network has no input.
    pub fn new(name: &'static str, onnx: impl Into<Cow<'static, [u8]>>, input_shape: &[usize]) -> Result<Self, OnnxError> {
        Self::load(name, onnx.into(), input_shape, true)
    }

    /// The same, with weights kept as narrow as they are stored: less memory, a little slower.
    ///
    /// # Errors
    /// As [`OnnxPlan::new`].
    pub fn narrow(name: &'static str, onnx: impl Into<Cow<'static, [u8]>>, input_shape: &[usize]) -> Result<Self, OnnxError> {
        Self::load(name, onnx.into(), input_shape, false)
    }

    fn load(name: &'static str, onnx: Cow<'static, [u8]>, input_shape: &[usize], optimise: bool) -> Result<Self, OnnxError> {
        let _span = tracing::debug_span!("load_network", name).entered();
        tracing::debug!(bytes = onnx.len(), optimise, "loading a network");
        let load = || {
            let mut options = ModelOptions::with_all_ops();
            // Widened weights would be constants that optimisation works out.
            options.enable_optimization(optimise);
            let model = match onnx {
                Cow::Borrowed(bytes) => options.load_static_slice(bytes),
                Cow::Owned(bytes) => options.load(bytes),
            };
            model.map_err(|error| OnnxError::new(name, error))
        };
        let model = without_other_work(load).unwrap_or_else(|| Err(OnnxError::new(name, "its loading broke off")))?;
        let &input = model.input_ids().first().ok_or_else(|| OnnxError::new(name, "it has no input"))?;
        Ok(Self { name, input_shape: input_shape.to_vec(), input, model: Arc::new(model) })
    }

    /// Runs the network on `input`, row-major; every output in the graph's order.
    ///
    /// # Errors
    /// The input has another size, or the network fails on it.
    pub fn run(&self, input: &[f32]) -> Result<Vec<OnnxOutput>, OnnxError> {
        let error = |reason: &dyn std::fmt::Display| OnnxError::new(self.name, reason);
        let view = ValueView::from_shape(&self.input_shape, input).map_err(|reason| error(&reason))?;
        let run = || {
            let options = RunOptions::default().with_thread_pool(Some(threads()));
            self.model.run(vec![(self.input, view.into())], self.model.output_ids(), Some(options))
        };
        let outputs = without_other_work(run).ok_or_else(|| error(&"it broke off"))?;
        let output = |value: Value| match value {
            Value::FloatTensor(tensor) => Ok(OnnxOutput { shape: tensor.shape().to_vec(), values: tensor.to_vec() }),
            _ => Err(error(&"an output that is no tensor of floats")),
        };
        outputs.map_err(|reason| error(&reason))?.into_iter().map(output).collect()
    }
}

/// What `work` gives, which may wait for rten's threads; nothing when it panicked.
///
/// A worker of a thread pool that waits for another pool takes other work of its own meanwhile. Where it holds what that work wants, such
/// as the place of a network that is being loaded, it would wait for itself; so workers wait for a plain thread instead.
fn without_other_work<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    if rayon::current_thread_index().is_none() {
        return Some(work());
    }
    std::thread::scope(|scope| scope.spawn(work).join().ok())
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::OnceLock;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use rayon::prelude::*;

    use crate::OnnxNetwork;

    static NETWORK: OnnxNetwork =
        OnnxNetwork::new("face_blendshapes", include_bytes!("../../../assets/models/face_blendshapes.onnx"), &[1, 146, 2]);

    #[test]
    fn workers_that_want_the_same_network_do_not_wait_for_themselves() {
        let (done, ended) = channel();
        std::thread::spawn(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
            let first: OnceLock<Vec<f32>> = OnceLock::new();
            let answer = || NETWORK.run_first(&[0.5; 292]).unwrap();
            // Each item wants the network, and all of them what only one of them makes with it.
            let equal = pool.install(|| (0..256).into_par_iter().all(|_| first.get_or_init(answer) == &answer()));
            done.send(equal).unwrap();
        });
        assert_eq!(ended.recv_timeout(Duration::from_secs(60)), Ok(true));
    }
}
