//! Several SPADE norms of the same features, their activation and mean: in one pass where everything is constant and on the processor.

use std::borrow::Borrow;

use burn::tensor::Tensor;
use talkinghead_kernels::burn::{MOST_MAPS, MapBranch, MapModulation, SpadeMap, is_on_processor, is_plain, spade};
use talkinghead_kernels::{Activation, InstructionSet, KernelError, ModulationWeights};

use super::GeneratedModulation;
use super::spade::{PackedSpade, Spade};
use crate::layers::{EPSILON, Mode, Pass, SLOPE, host_values, lrelu, operation, resize_bilinear};

/// The maps of one norm, absent ones left out, and the generated weights of the first.
#[derive(Debug, Clone, Copy)]
pub struct SpadeInput<'a> {
    /// `[batch, hidden, any, any]` each.
    pub maps: &'a [Option<Tensor<4>>],
    /// Weights of the first map, if they are generated.
    pub generated: Option<&'a GeneratedModulation>,
}

/// The mean over the norms of `activation(norm(x, maps))`, for `x` [batch, channels, height, width].
///
/// # Errors
/// Features or maps of another shape.
pub fn modulate<S: Borrow<Spade>>(
    norms: &[S],
    x: Tensor<4>,
    inputs: &[SpadeInput<'_>],
    activation: Activation,
    pass: &mut Pass,
) -> Result<Tensor<4>, KernelError> {
    let packed: Option<Vec<&PackedSpade>> = norms.iter().map(|norm| norm.borrow().packed()).collect();
    if let Some(packed) = packed.filter(|_| is_plain(&x)) {
        return fused(&packed, x, inputs, activation);
    }
    if pass.mode == Mode::Training
        && is_on_processor(&x)
        && let Some(result) = trained(norms, &x, inputs, activation)
    {
        return result;
    }
    let count = norms.len();
    let mut sum: Option<Tensor<4>> = None;
    for (norm, input) in norms.iter().zip(inputs) {
        let one = norm.borrow().forward(x.clone(), input.maps, input.generated, pass)?;
        let one = if activation == Activation::Identity { one } else { lrelu(one) };
        sum = Some(match sum {
            Some(sum) => sum + one,
            None => one,
        });
    }
    Ok(match sum {
        Some(sum) if count > 1 => sum.div_scalar(count as u32),
        Some(sum) => sum,
        None => x,
    })
}

/// In training: one operation for all norms, which keeps the features alone for the gradient. `None` where that is not to be had.
fn trained<S: Borrow<Spade>>(
    norms: &[S],
    x: &Tensor<4>,
    inputs: &[SpadeInput<'_>],
    activation: Activation,
) -> Option<Result<Tensor<4>, KernelError>> {
    let [batch, channels, height, width] = x.dims();
    let branches =
        norms.iter().zip(inputs).map(|(norm, input)| norm.borrow().trained(input.maps, input.generated, [height, width]));
    let branches: Vec<Vec<SpadeMap>> = branches.collect::<Option<_>>()?;
    let maps: usize = branches.iter().map(Vec::len).sum();
    if !(1..=MOST_MAPS).contains(&maps) || branches.iter().any(Vec::is_empty) {
        return None;
    }
    let hidden: usize = branches.iter().flatten().map(|map| map.weight.dims()[2]).sum();
    let slope = if activation == Activation::Identity { 1.0 } else { SLOPE };
    let work = 2 * batch * height * width * channels * hidden;
    let run = || spade(x.clone(), branches, EPSILON as f32, slope);
    Some(operation("SPADE modulation, batch statistics", work, run).map(|normed| {
        // All norms see the same features.
        norms.iter().for_each(|norm| norm.borrow().advance(normed.mean.clone(), normed.variance.clone(), batch * height * width));
        normed.output
    }))
}

fn fused(
    norms: &[&PackedSpade],
    x: Tensor<4>,
    inputs: &[SpadeInput<'_>],
    activation: Activation,
) -> Result<Tensor<4>, KernelError> {
    let [batch, channels, height, width] = x.dims();
    let generated = inputs.iter().map(|input| input.generated.map_or_else(|| Ok(Vec::new()), |weights| pack(weights, channels)));
    let generated: Vec<Vec<ModulationWeights>> = generated.collect::<Result<_, _>>()?;
    let mut work = 0;
    let branches = norms
        .iter()
        .zip(inputs)
        .zip(&generated)
        .map(|((norm, input), generated)| {
            let modulations = norm.maps.iter().zip(input.maps).filter_map(|(own, map)| {
                let weights = own.as_ref().map_or(generated.as_slice(), std::slice::from_ref);
                let map = resize_bilinear(map.clone()?, height, width);
                let hidden = weights.first()?.hidden();
                work += 2 * batch * height * width * channels * hidden;
                Some(MapModulation { weights, map })
            });
            let modulations = modulations.collect();
            MapBranch { scale: norm.part(0), shift: norm.part(1), modulations }
        })
        .collect();
    operation("SPADE modulation", work, || talkinghead_kernels::burn::modulate(x, branches, activation))
}

/// Generated weights in the kernels' order, for each set.
fn pack(generated: &GeneratedModulation, channels: usize) -> Result<Vec<ModulationWeights>, KernelError> {
    let [sets, ..] = generated.gamma.dims();
    let (gamma, beta) = (host_values(generated.gamma.clone()), host_values(generated.beta.clone()));
    let length = gamma.len() / sets.max(1);
    let pairs = gamma.chunks_exact(length.max(1)).zip(beta.chunks_exact(length.max(1)));
    pairs.map(|(gamma, beta)| ModulationWeights::new(InstructionSet::chosen_or_fastest(), channels, gamma, beta, None)).collect()
}
