//! Weights that are stored in 16 bits, widened in the file.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{ModelProto, NodeProto, TensorProto};
use tract_onnx::prelude::f16;

/// Replaces every cast of a constant of 16-bit floats by a constant of 32-bit floats: a fifth to a half of the nodes of the files that ship.
pub(crate) fn widen_weights(file: &mut ModelProto) {
    let Some(graph) = file.graph.as_mut() else { return };
    let places: HashMap<String, usize> = graph.initializer.iter().enumerate().map(|(i, t)| (t.name.clone(), i)).collect();
    let constants = &mut graph.initializer;
    graph.node.retain(|node| match widened(node, &places, constants) {
        Some(constant) => {
            constants.push(constant);
            false
        }
        None => true,
    });
}

fn widened(node: &NodeProto, places: &HashMap<String, usize>, constants: &[TensorProto]) -> Option<TensorProto> {
    let to_float = node.attribute.iter().any(|a| a.name == "to" && a.i == i64::from(DataType::Float as i32));
    if node.op_type != "Cast" || !to_float {
        return None;
    }
    let stored = constants.get(*places.get(node.input.first()?)?)?;
    if stored.data_type != DataType::Float16 as i32 || stored.raw_data.is_empty() {
        return None;
    }
    let halves = stored.raw_data.as_chunks::<2>().0.iter();
    let raw_data: Vec<u8> = halves.flat_map(|bytes| f16::from_le_bytes(*bytes).to_f32().to_le_bytes()).collect();
    Some(TensorProto { name: node.output.first()?.clone(), data_type: DataType::Float as i32, raw_data, ..stored.clone() })
}
