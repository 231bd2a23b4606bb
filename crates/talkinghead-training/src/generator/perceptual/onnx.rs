//! Constants of an ONNX file by name.

use std::collections::HashMap;

use talkinghead_onnx::constants;
use talkinghead_synthesis::weights::HostTensor;

use crate::generator::TrainingError;

/// Initialisers of a graph in f32 or f16, as f32; others are left out.
pub(super) fn initialisers(file: &[u8]) -> Result<HashMap<String, HostTensor>, TrainingError> {
    let constants = constants(file);
    let constants = constants.map_err(|reason| TrainingError::Trunk(format!("the ONNX file cannot be read: {reason}")))?;
    Ok(constants.into_iter().filter_map(|c| Some((c.name, HostTensor::new(c.shape, c.values)?))).collect())
}
