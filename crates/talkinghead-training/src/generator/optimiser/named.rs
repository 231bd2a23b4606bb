//! Tensors of a network by id and by key.

use std::collections::HashMap;

use burn::module::ParamId;
use burn::tensor::Tensor;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::{Entry, EntryKind, HostTensor, StateDict};

/// Key and shape of every parameter.
pub fn keys_by_id(entries: &[Entry]) -> HashMap<ParamId, (String, Vec<usize>)> {
    let parameters = entries.iter().filter(|entry| entry.kind == EntryKind::Parameter);
    parameters.filter_map(|entry| Some((entry.id?, (entry.key.clone(), entry.shape.clone())))).collect()
}

/// Adds flat tensors of some parameters as `PREFIX/KEY`, in the parameters' shapes.
///
/// # Errors
/// A tensor could not be read back from the device.
pub fn tensors_under(
    dict: &mut StateDict,
    prefix: &str,
    entries: &[Entry],
    tensor: impl Fn(ParamId) -> Option<Tensor<1>>,
) -> Result<(), SynthesisError> {
    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Parameter) {
        if let Some(tensor) = entry.id.and_then(&tensor) {
            let values = read_back(tensor)?;
            dict.insert(format!("{prefix}/{}", entry.key), HostTensor { shape: entry.shape.clone(), values, integer: false });
        }
    }
    Ok(())
}
