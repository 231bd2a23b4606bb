//! Constants of an ONNX file by name.

use std::collections::HashMap;

use talkinghead_synthesis::weights::HostTensor;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::Framework;

use crate::generator::TrainingError;

/// Initialisers of a graph in f32 or f16, as f32; others are left out.
pub(super) fn initialisers(file: &[u8]) -> Result<HashMap<String, HostTensor>, TrainingError> {
    let mut bytes = file;
    let model = tract_onnx::onnx().proto_model_for_read(&mut bytes);
    let model = model.map_err(|error| TrainingError::Trunk(format!("the ONNX file cannot be read: {error:#}")))?;
    let tensors = model.graph.map(|graph| graph.initializer).unwrap_or_default();
    let read = |tensor: tract_onnx::pb::TensorProto| {
        let values: Vec<f32> = match DataType::try_from(tensor.data_type) {
            Ok(DataType::Float) => tensor.raw_data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Ok(DataType::Float16) => {
                tensor.raw_data.as_chunks::<2>().0.iter().map(|bytes| half::f16::from_le_bytes(*bytes).to_f32()).collect()
            }
            _ => return None,
        };
        let shape = tensor.dims.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<Vec<usize>>>()?;
        Some((tensor.name, HostTensor::new(shape, values)?))
    };
    Ok(tensors.into_iter().filter_map(read).collect())
}
