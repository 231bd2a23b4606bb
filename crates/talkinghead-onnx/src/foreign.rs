//! ONNX files of strangers, looked through before anything runs them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rten_onnx::onnx::{DataLocation, DataType, ModelProto, NodeProto, TensorProto};

use crate::wire::is_well_formed;
use crate::{OnnxError, OnnxOutput, OnnxPlan};

/// Nodes of the largest graph that is taken.
const MOST_NODES: usize = 4096;
/// The largest stride, padding, kernel, axis or the like of a node.
const LARGEST_ATTRIBUTE: i64 = 64;
const NAME: &str = "the file";

/// A file with one graph of known operations, whose tensors lie in it and have the sizes that they say.
#[derive(Debug)]
pub struct ForeignOnnx {
    bytes: Vec<u8>,
    /// Operations of the first nodes.
    first: Vec<String>,
}

impl ForeignOnnx {
    /// Looks through a file's bytes. `operations`: those that its graph may have; nothing else is taken, no graph within the graph, no
    /// data outside the file.
    ///
    /// # Errors
    /// The bytes are no ONNX file, or one that is not taken; the reason says why.
    pub fn read(bytes: Vec<u8>, operations: &[&str]) -> Result<Self, OnnxError> {
        let wrong = |reason: String| OnnxError::new(NAME, reason);
        let parsed = is_well_formed(&bytes).then(|| catch_unwind(|| ModelProto::parse_buf(&bytes)));
        let file = parsed.and_then(Result::ok).and_then(Result::ok).ok_or_else(|| wrong("it is no ONNX file".to_owned()))?;
        let graph = file.graph.as_ref().filter(|graph| !graph.node.is_empty());
        let graph = graph.ok_or_else(|| wrong("it is no ONNX file with a network".to_owned()))?;
        if graph.node.len() > MOST_NODES {
            return Err(wrong(format!("it has {} nodes; at most {MOST_NODES} are read", graph.node.len())));
        }
        let foreign =
            |node: &&NodeProto| node.domain.as_ref().is_some_and(|d| !d.is_empty()) || !operations.contains(&operation(node));
        if let Some(node) = graph.node.iter().find(foreign) {
            return Err(wrong(format!("it has the operation `{}`, which such a network has not", operation(node))));
        }
        graph.node.iter().try_for_each(check_attributes).map_err(wrong)?;
        graph.initializer.iter().try_for_each(check_tensor).map_err(wrong)?;
        let first = graph.node.iter().take(8).map(|node| operation(node).to_owned()).collect();
        Ok(Self { bytes, first })
    }

    /// Whether all of these operations are among the first eight.
    pub fn begins_with(&self, operations: &[&str]) -> bool {
        operations.iter().all(|wanted| self.first.iter().any(|operation| operation == wanted))
    }

    /// Makes it ready to run, and runs it once, on zeros: what comes out is given too.
    ///
    /// # Errors
    /// It cannot take an input of that shape, or is no network that can run.
    pub fn plan(self, name: &'static str, input_shape: &[usize]) -> Result<(OnnxPlan, Vec<OnnxOutput>), OnnxError> {
        let zeros = vec![0.0; input_shape.iter().product()];
        let plan = || {
            let plan = OnnxPlan::new(name, self.bytes, input_shape)?;
            let outputs = plan.run(&zeros)?;
            Ok((plan, outputs))
        };
        // The runtime is made for files that a converter wrote; others may find a place where it panics.
        catch_unwind(AssertUnwindSafe(plan)).unwrap_or_else(|_| Err(OnnxError::new(name, "it is no network that can run")))
    }
}

fn operation(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or_default()
}

fn check_attributes(node: &NodeProto) -> Result<(), String> {
    for attribute in &node.attribute {
        let name = attribute.name.as_deref().unwrap_or_default();
        let wrong = |what: &str| Err(format!("the attribute `{name}` of a node `{}` {what}", operation(node)));
        if attribute.g.is_some() {
            return wrong("holds a graph");
        }
        if attribute.ints.iter().chain(&attribute.i).any(|value| !(-LARGEST_ATTRIBUTE..=LARGEST_ATTRIBUTE).contains(value)) {
            return wrong("is out of bounds");
        }
        attribute.t.iter().try_for_each(check_tensor)?;
    }
    Ok(())
}

/// A tensor whose shape and data have the same size, so that nothing is reserved that the file does not hold.
fn check_tensor(tensor: &TensorProto) -> Result<(), String> {
    let name = tensor.name.as_deref().unwrap_or_default();
    let wrong = |what: &str| Err(format!("the tensor `{name}` {what}"));
    if !tensor.external_data.is_empty() || tensor.data_location.is_some_and(|place| place != DataLocation::DEFAULT) {
        return wrong("lies in another file; only files that hold everything are read");
    }
    let count = tensor.dims.iter().try_fold(1_usize, |count, &size| count.checked_mul(usize::try_from(size).ok()?));
    let Some(count) = count else { return wrong("has no shape that can be counted") };
    let (width, listed) = match tensor.data_type {
        Some(DataType::FLOAT) => (4, tensor.float_data.len()),
        Some(DataType::INT64) => (8, tensor.int64_data.len()),
        Some(DataType::INT32) => (4, tensor.int32_data.len()),
        _ => return wrong("holds neither floats of 32 bits nor whole numbers"),
    };
    let raw = tensor.raw_data.as_ref().map_or(0, |raw| raw.borrow().len());
    let found = if raw == 0 { listed } else { raw / width };
    if raw.is_multiple_of(width) && found == count {
        return Ok(());
    }
    wrong(&format!("has the shape {:?} and {found} values", tensor.dims))
}
