//! Operations on plain tensors of the processor that do several things in one pass.

use burn::tensor::Tensor;

use super::primitive::{Numbers, plain, tensor, wrap};
use crate::convolution::check;
use crate::{Activation, Branch, InstructionSet, KernelError, Modulation, ModulationWeights};

/// A map and the weights by which it modulates.
#[derive(Debug)]
pub struct MapModulation<'a> {
    /// One set for the whole batch, or one for each sample.
    pub weights: &'a [ModulationWeights],
    /// `[batch, hidden, height, width]`.
    pub map: Tensor<4>,
}

/// A normalisation and its maps; see [`crate::Branch`].
#[derive(Debug)]
pub struct MapBranch<'a> {
    /// `[channels]`; absent for no scaling.
    pub scale: Option<&'a [f32]>,
    /// `[channels]`; absent for no shift.
    pub shift: Option<&'a [f32]>,
    /// The maps, in order.
    pub modulations: Vec<MapModulation<'a>>,
}

/// Modulates `x` [batch, channels, height, width] by maps of its size; see [`crate::modulate`].
///
/// # Errors
/// Shapes that do not fit, or tensors elsewhere or with gradients.
pub fn modulate(x: Tensor<4>, branches: Vec<MapBranch<'_>>, activation: Activation) -> Result<Tensor<4>, KernelError> {
    let [batch, channels, height, width] = x.dims();
    let instructions = InstructionSet::chosen_or_fastest();
    let x = plain(x)?;
    let mut maps: Vec<Vec<(Numbers, &[ModulationWeights])>> = Vec::new();
    for branch in &branches {
        let numbers = branch.modulations.iter().map(|one| {
            check_sets("sets of weights of a modulation", one.weights.len(), batch)?;
            for weights in one.weights {
                check_shape("map", &one.map, [batch, weights.hidden(), height, width])?;
            }
            Ok((plain(one.map.clone())?, one.weights))
        });
        maps.push(numbers.collect::<Result<_, KernelError>>()?);
    }
    let sample = channels * height * width;
    let mut out = vec![0.0; batch * sample];
    for b in 0..batch {
        let modulations: Vec<Vec<Modulation<'_>>> = maps
            .iter()
            .map(|maps| {
                maps.iter()
                    .map(|(map, weights)| {
                        let weights = &weights[if weights.len() == 1 { 0 } else { b }];
                        let length = weights.hidden() * height * width;
                        Modulation { weights, map: &map.slice()[b * length..(b + 1) * length] }
                    })
                    .collect()
            })
            .collect();
        let branches: Vec<Branch<'_>> = branches
            .iter()
            .zip(&modulations)
            .map(|(branch, modulations)| Branch { scale: branch.scale, shift: branch.shift, modulations })
            .collect();
        let part = b * sample..(b + 1) * sample;
        crate::modulate(instructions, &x.slice()[part.clone()], channels, &branches, activation, &mut out[part])?;
    }
    Ok(wrap(tensor(out, &[batch, channels, height, width])))
}

/// Softmax over the shots of `sum over channels of key * query`: keys [1 or batch, shots, c, h, w], query [batch, c, h, w] -> [batch,
/// shots, h, w].
///
/// # Errors
/// As [`modulate`].
pub fn attention(keys: Tensor<5>, query: Tensor<4>) -> Result<Tensor<4>, KernelError> {
    let [sets, shots, channels, height, width] = keys.dims();
    let [batch, ..] = query.dims();
    check_shape("query", &query, [batch, channels, height, width])?;
    check_sets("keys", sets, batch)?;
    let (keys, query) = (plain(keys)?, plain(query)?);
    let (of_query, of_keys) = (channels * height * width, shots * channels * height * width);
    let instructions = InstructionSet::chosen_or_fastest();
    let mut out = Vec::with_capacity(batch * shots * height * width);
    for b in 0..batch {
        let set = if sets == 1 { 0 } else { b };
        let keys = &keys.slice()[set * of_keys..(set + 1) * of_keys];
        let query = &query.slice()[b * of_query..(b + 1) * of_query];
        out.extend(crate::attention(instructions, keys, query, shots, channels)?);
    }
    Ok(wrap(tensor(out, &[batch, shots, height, width])))
}

/// `joint + sum over shots of attention * features`: features [1 or batch, shots, c, h, w], attention [batch, shots, h, w], joint
/// [as many as the features, c, h, w] -> [batch, c, h, w].
///
/// # Errors
/// As [`modulate`].
pub fn merge_shots(features: Tensor<5>, attention: Tensor<4>, joint: Option<Tensor<4>>) -> Result<Tensor<4>, KernelError> {
    let [sets, shots, channels, height, width] = features.dims();
    let [batch, ..] = attention.dims();
    check_shape("attention", &attention, [batch, shots, height, width])?;
    check_sets("features", sets, batch)?;
    if let Some(joint) = &joint {
        check_shape("joint view", joint, [sets, channels, height, width])?;
    }
    let (features, attention, joint) = (plain(features)?, plain(attention)?, joint.map(plain).transpose()?);
    let sample = channels * height * width;
    let instructions = InstructionSet::chosen_or_fastest();
    let mut out = Vec::with_capacity(batch * sample);
    for b in 0..batch {
        let set = if sets == 1 { 0 } else { b };
        let features = &features.slice()[set * shots * sample..(set + 1) * shots * sample];
        let weights = shots * height * width;
        let attention = &attention.slice()[b * weights..(b + 1) * weights];
        let joint = joint.as_ref().map(|joint| &joint.slice()[set * sample..(set + 1) * sample]);
        out.extend(crate::merge_shots(instructions, features, attention, joint, channels, shots)?);
    }
    Ok(wrap(tensor(out, &[batch, channels, height, width])))
}

fn check_shape<const D: usize>(what: &'static str, x: &Tensor<D>, wanted: [usize; D]) -> Result<(), KernelError> {
    let found = x.dims();
    if found == wanted { Ok(()) } else { Err(KernelError::Shape { what, wanted: wanted.to_vec(), found: found.to_vec() }) }
}

/// One set for the whole batch, or one for each sample.
fn check_sets(what: &'static str, sets: usize, batch: usize) -> Result<(), KernelError> {
    if sets == 1 { Ok(()) } else { check(what, sets, batch) }
}

/// `activation(x * scale + shift)` per channel of `x` [batch, channels, height, width].
///
/// # Errors
/// As [`modulate`].
pub fn scale_and_shift(x: Tensor<4>, scale: &[f32], shift: &[f32], activation: Activation) -> Result<Tensor<4>, KernelError> {
    let dims = x.dims();
    check("scale", scale.len(), dims[1])?;
    let x = plain(x)?;
    let out = crate::scale_and_shift(InstructionSet::chosen_or_fastest(), x.slice(), scale, shift, activation, dims[0])?;
    Ok(wrap(tensor(out, &dims)))
}
