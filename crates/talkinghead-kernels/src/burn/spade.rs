//! SPADE of Burn's tensors, as it is trained: statistics, modulation by every map and activation in one operation that keeps its input alone.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::batch_norm::inverse_deviations;
use super::mixed_precision::operand;
use super::primitive::{Numbers, is_on_processor, tensor};
use crate::convolution::check;
use crate::{
    Activation, BatchNorm, Branch, InstructionSet, KernelError, MapGradients, MapWeights, Modulation, ModulationWeights,
    SpadeSample,
};

/// A map and the weights by which it modulates.
#[derive(Debug, Clone)]
pub struct SpadeMap {
    /// `[batch, hidden, height, width]`, of the features' size.
    pub map: Tensor<4>,
    /// Scale, then offset: `[1 or batch, 2 * channels, hidden]`.
    pub weight: Tensor<3>,
    /// `[2 * channels]`.
    pub bias: Option<Tensor<1>>,
}

/// What kind of operation it is, beside its tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct SpadePlan {
    /// For each branch and each of its maps, whether there is a bias.
    pub branches: Vec<Vec<bool>>,
    /// Added to variances.
    pub epsilon: f32,
    /// Of the leaky ReLU behind each branch; 1 for none.
    pub slope: f32,
}

impl SpadePlan {
    /// Number of tensors: two for each map, three with a bias.
    fn tensors(&self) -> usize {
        self.branches.iter().flatten().map(|has_bias| 2 + usize::from(*has_bias)).sum()
    }
}

/// SPADE in one operation. The tensors are those of all maps, branch by branch: map, weight, bias if there is one.
///
/// # Panics
/// On shapes that do not fit; call [`spade`], which checks them.
#[backend_extension(Autodiff, Flex)]
#[expect(clippy::too_many_arguments, reason = "extensions of a backend take no lists")]
pub trait SpadeBackend: Backend {
    /// The result, and mean and variance of each channel of `x`. Of the tensors behind it as many count as the plan has; the rest is anything.
    fn kernel_spade(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        g: FloatTensor<Self>,
        h: FloatTensor<Self>,
        i: FloatTensor<Self>,
        plan: SpadePlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The gradients of [`SpadeBackend::kernel_spade`].
pub trait SpadeGradients: Backend {
    /// Of `x`, then of all tensors in their order.
    fn spade_gradients(
        x: FloatTensor<Self>,
        statistics: [FloatTensor<Self>; 2],
        tensors: Vec<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
        plan: &SpadePlan,
    ) -> Vec<FloatTensor<Self>>;
}

/// Numbers and shape of each tensor of a map.
struct Parts {
    map: Numbers,
    hidden: usize,
    weight: Numbers,
    sets: usize,
    bias: Option<Numbers>,
}

fn parts(tensors: Vec<FlexTensor>, plan: &SpadePlan) -> Vec<Vec<Parts>> {
    let mut tensors = tensors.into_iter();
    let mut take = || tensors.next().unwrap_or_else(|| panic!("a modulation lacks a tensor that its plan has"));
    let branches = plan.branches.iter().map(|branch| {
        let maps = branch.iter().map(|has_bias| {
            let (map, weight) = (take(), take());
            let (hidden, sets) = (map.shape()[1], weight.shape()[0]);
            let bias = has_bias.then(|| Numbers::new(take()));
            Parts { map: Numbers::new(map), hidden, weight: Numbers::new(weight), sets, bias }
        });
        maps.collect()
    });
    branches.collect()
}

impl Parts {
    fn weight_of(&self, sample: usize) -> &[f32] {
        let length = self.weight.slice().len() / self.sets.max(1);
        &self.weight.slice()[if self.sets == 1 { 0 } else { sample } * length..][..length]
    }

    fn map_of(&self, sample: usize, pixels: usize) -> &[f32] {
        &self.map.slice()[sample * self.hidden * pixels..][..self.hidden * pixels]
    }
}

/// Scale and shift of a norm without weights.
fn scale_and_shift(mean: &[f32], variance: &[f32], epsilon: f32) -> [Vec<f32>; 2] {
    let scale = inverse_deviations(variance, epsilon);
    let shift = scale.iter().zip(mean).map(|(scale, mean)| -scale * mean).collect();
    [scale, shift]
}

fn forward(x: FlexTensor, tensors: Vec<FlexTensor>, plan: &SpadePlan) -> Result<[FlexTensor; 3], KernelError> {
    let shape = [x.shape()[0], x.shape()[1], x.shape()[2], x.shape()[3]];
    let ([batch, channels, height, width], instructions) = (shape, InstructionSet::chosen_or_fastest());
    let (pixels, x, parts) = (height * width, Numbers::new(x), parts(tensors, plan));
    let statistics = crate::channel_statistics(instructions, x.slice(), batch, channels)?;
    let [scale, shift] = scale_and_shift(&statistics.mean, &statistics.variance, plan.epsilon);
    let area = channels * pixels;
    let mut out = vec![0.0; batch * area];
    let activation = if plan.slope == 1.0 { Activation::Identity } else { Activation::LeakyRelu(plan.slope) };
    for b in 0..batch {
        let packed = parts.iter().map(|branch| {
            let weights = branch.iter().map(|part| {
                let (gamma, beta) = part.weight_of(b).split_at(channels * part.hidden);
                let biases = part.bias.as_ref().map(|bias| bias.slice().split_at(channels)).map(|(gamma, beta)| [gamma, beta]);
                ModulationWeights::new(instructions, channels, gamma, beta, biases)
            });
            weights.collect::<Result<Vec<_>, _>>()
        });
        let packed = packed.collect::<Result<Vec<_>, _>>()?;
        let modulations = parts.iter().zip(&packed).map(|(branch, weights)| {
            let maps = branch.iter().zip(weights).map(|(part, weights)| Modulation { weights, map: part.map_of(b, pixels) });
            maps.collect::<Vec<_>>()
        });
        let modulations: Vec<Vec<Modulation<'_>>> = modulations.collect();
        let branches = modulations.iter().map(|modulations| Branch { scale: Some(&scale), shift: Some(&shift), modulations });
        let branches: Vec<Branch<'_>> = branches.collect();
        let range = b * area..(b + 1) * area;
        crate::modulate(instructions, &x.slice()[range.clone()], channels, &branches, activation, &mut out[range])?;
    }
    Ok([tensor(out, &shape), tensor(statistics.mean, &[channels]), tensor(statistics.variance, &[channels])])
}

impl SpadeBackend for Flex {
    fn kernel_spade(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        g: FloatTensor<Self>,
        h: FloatTensor<Self>,
        i: FloatTensor<Self>,
        plan: SpadePlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let tensors = [a, b, c, d, e, f, g, h, i].into_iter().take(plan.tensors()).collect();
        match forward(x, tensors, &plan) {
            Ok([out, mean, variance]) => (out, mean, variance),
            Err(error) => panic!("a modulation was entered with shapes that do not fit: {error}"),
        }
    }
}

fn backward(
    x: FlexTensor,
    [mean, variance]: [FlexTensor; 2],
    tensors: Vec<FlexTensor>,
    gradient: FlexTensor,
    plan: &SpadePlan,
) -> Result<Vec<FlexTensor>, KernelError> {
    let shape = [x.shape()[0], x.shape()[1], x.shape()[2], x.shape()[3]];
    let shapes: Vec<Vec<usize>> = tensors.iter().map(|tensor| tensor.shape().to_vec()).collect();
    let ([batch, channels, height, width], instructions) = (shape, InstructionSet::chosen_or_fastest());
    let (pixels, x, parts) = (height * width, Numbers::new(x), parts(tensors, plan));
    let [mean, variance, gradient] = [mean, variance, gradient].map(Numbers::new);
    let [scale, shift] = scale_and_shift(mean.slice(), variance.slice(), plan.epsilon);
    let area = channels * pixels;
    let zeros = |length: usize| vec![0.0_f32; length];
    // Weight, bias and map of each map; a bias that there is not is summed all the same and dropped.
    let mut found: Vec<Vec<[Vec<f32>; 3]>> = parts
        .iter()
        .map(|branch| {
            let of_map = |part: &Parts| [zeros(part.weight.slice().len()), zeros(2 * channels), zeros(part.map.slice().len())];
            branch.iter().map(of_map).collect()
        })
        .collect();
    let mut of_norm = zeros(batch * area);
    for b in 0..batch {
        let branches: Vec<Vec<MapWeights<'_>>> = parts
            .iter()
            .map(|branch| {
                branch
                    .iter()
                    .map(|part| MapWeights {
                        weight: part.weight_of(b),
                        bias: part.bias.as_ref().map(Numbers::slice),
                        map: part.map_of(b, pixels),
                    })
                    .collect()
            })
            .collect();
        let mut maps: Vec<Vec<MapGradients<'_>>> = parts
            .iter()
            .zip(&mut found)
            .map(|(branch, found)| {
                let of_map = branch.iter().zip(found).map(|(part, [weight, bias, map])| {
                    let length = weight.len() / part.sets.max(1);
                    let set = if part.sets == 1 { 0 } else { b };
                    MapGradients {
                        weight: &mut weight[set * length..][..length],
                        bias,
                        map: &mut map[b * part.hidden * pixels..][..part.hidden * pixels],
                    }
                });
                of_map.collect()
            })
            .collect();
        let range = b * area..(b + 1) * area;
        let sample = SpadeSample { x: &x.slice()[range.clone()], scale: &scale, shift: &shift, slope: plan.slope };
        let (gradient, of_norm) = (&gradient.slice()[range.clone()], &mut of_norm[range]);
        sample.gradients(instructions, [height, width], &branches, gradient, &mut maps, of_norm)?;
    }
    let mut normalised = zeros(batch * area);
    crate::channel_affine(instructions, x.slice(), [&scale, &shift], 1.0, batch, &mut normalised)?;
    let (ones, nothing) = (vec![1.0; channels], zeros(channels));
    let norm = BatchNorm { inverse: &scale, weight: &ones, bias: &nothing, slope: 1.0 };
    let of_x = norm.gradients(instructions, &normalised, &of_norm, batch)?.input;
    let mut result = vec![tensor(of_x, &shape)];
    let mut shapes = shapes.into_iter();
    for (plan, found) in plan.branches.iter().zip(found) {
        for (has_bias, [weight, bias, map]) in plan.iter().zip(found) {
            let gradients = [Some(map), Some(weight), has_bias.then_some(bias)];
            for values in gradients.into_iter().flatten() {
                result.push(tensor(values, &shapes.next().unwrap_or_default()));
            }
        }
    }
    Ok(result)
}

impl SpadeGradients for Flex {
    fn spade_gradients(
        x: FloatTensor<Self>,
        statistics: [FloatTensor<Self>; 2],
        tensors: Vec<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
        plan: &SpadePlan,
    ) -> Vec<FloatTensor<Self>> {
        match backward(x, statistics, tensors, gradient, plan) {
            Ok(gradients) => gradients,
            Err(error) => panic!("a modulation was entered with shapes that do not fit: {error}"),
        }
    }
}

#[derive(Debug)]
struct SpadeBackward;

impl<B: SpadeBackend + SpadeGradients, const N: usize> Backward<B, N> for SpadeBackward {
    /// Places of `x` and all tensors, mean and variance, the plan.
    type State = (Vec<NodeId>, [FloatTensor<B>; 2], SpadePlan);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (places, statistics, plan) = ops.state;
        let tensors = places.into_iter().map(|place| checkpointer.retrieve_node_output::<FloatTensor<B>>(place));
        let mut tensors: Vec<FloatTensor<B>> = tensors.collect();
        let x = tensors.remove(0);
        let found = B::spade_gradients(x, statistics, tensors, gradient, &plan);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

type WithGradients<B, C> = FloatTensor<Autodiff<B, C>>;

/// The operation with N tensors, the features among them.
fn tracked<B: SpadeBackend + SpadeGradients, C: CheckpointStrategy, const N: usize>(
    all: Vec<WithGradients<B, C>>,
    plan: SpadePlan,
) -> (WithGradients<B, C>, WithGradients<B, C>, WithGradients<B, C>) {
    let nodes = std::array::from_fn::<_, N, _>(|index| all[index].node());
    let (result, mean, variance);
    match SpadeBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(mut prepared) => {
            let places = all.iter().map(|tensor| prepared.checkpoint(tensor)).collect();
            let (out, statistics) = inner::<B, C>(all, &plan);
            [mean, variance] = statistics.clone();
            result = prepared.finish((places, statistics, plan), out);
        }
        OpsKind::UnTracked(prepared) => {
            let (out, statistics) = inner::<B, C>(all, &plan);
            [mean, variance] = statistics;
            result = prepared.finish(out);
        }
    }
    (result, Autodiff::<B, C>::from_inner(mean), Autodiff::<B, C>::from_inner(variance))
}

fn inner<B: SpadeBackend, C: CheckpointStrategy>(
    all: Vec<WithGradients<B, C>>,
    plan: &SpadePlan,
) -> (FloatTensor<B>, [FloatTensor<B>; 2]) {
    let mut all = all.into_iter().map(|tensor| tensor.into_primitive());
    let x = all.next().unwrap_or_else(|| panic!("a modulation without features"));
    let rest = x.clone();
    let mut next = || all.next().unwrap_or_else(|| rest.clone());
    let (a, b, c, d, e, f, g, h, i) = (next(), next(), next(), next(), next(), next(), next(), next(), next());
    let (out, mean, variance) = B::kernel_spade(x, a, b, c, d, e, f, g, h, i, plan.clone());
    (out, [mean, variance])
}

impl<B: SpadeBackend + SpadeGradients, C: CheckpointStrategy> SpadeBackend for Autodiff<B, C> {
    fn kernel_spade(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        g: FloatTensor<Self>,
        h: FloatTensor<Self>,
        i: FloatTensor<Self>,
        plan: SpadePlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let all: Vec<_> = [x, a, b, c, d, e, f, g, h, i].into_iter().take(1 + plan.tensors()).collect();
        match all.len() {
            3 => tracked::<B, C, 3>(all, plan),
            4 => tracked::<B, C, 4>(all, plan),
            5 => tracked::<B, C, 5>(all, plan),
            6 => tracked::<B, C, 6>(all, plan),
            7 => tracked::<B, C, 7>(all, plan),
            8 => tracked::<B, C, 8>(all, plan),
            9 => tracked::<B, C, 9>(all, plan),
            10 => tracked::<B, C, 10>(all, plan),
            count => panic!("a modulation by {count} tensors is not offered"),
        }
    }
}

/// Most maps of a modulation.
pub const MOST_MAPS: usize = 3;

/// Result and statistics of [`spade`].
#[derive(Debug, Clone)]
pub struct SpadeNormed {
    /// Of the features' shape.
    pub output: Tensor<4>,
    /// `[channels]`.
    pub mean: Tensor<1>,
    /// `[channels]`, biased.
    pub variance: Tensor<1>,
}

/// The mean over branches of `activation(fold over maps of y * (1 + scale) + offset)`, where y is `x` [batch, channels, height, width],
/// normalised per channel over batch and pixels to begin with, scale and offset are 1x1 convolutions of the maps, and the activation is a
/// leaky ReLU of that slope (1 for none). Differentiable. One to three maps in all.
///
/// # Errors
/// Shapes that do not fit, tensors that are not on the processor.
pub fn spade(x: Tensor<4>, branches: Vec<Vec<SpadeMap>>, epsilon: f32, slope: f32) -> Result<SpadeNormed, KernelError> {
    let ([batch, channels, height, width], device) = (x.dims(), x.device());
    let maps = branches.iter().map(Vec::len).sum::<usize>();
    if !(1..=MOST_MAPS).contains(&maps) || branches.iter().any(Vec::is_empty) {
        return Err(KernelError::Geometry(format!(
            "a modulation by {maps} maps: wanted 1 to {MOST_MAPS}, at least one in each branch"
        )));
    }
    if !is_on_processor(&x) {
        return Err(KernelError::Elsewhere);
    }
    let plan = SpadePlan {
        branches: branches.iter().map(|branch| branch.iter().map(|map| map.bias.is_some()).collect()).collect(),
        epsilon,
        slope,
    };
    let mut tensors = Vec::new();
    for SpadeMap { map, weight, bias } in branches.into_iter().flatten() {
        let [sets, twice, hidden] = weight.dims();
        let wanted = vec![batch, hidden, height, width];
        if map.dims().to_vec() != wanted {
            return Err(KernelError::Shape { what: "map", wanted, found: map.dims().to_vec() });
        }
        check("rows of a modulation's weights", twice, 2 * channels)?;
        if sets != 1 {
            check("sets of weights of a modulation", sets, batch)?;
        }
        tensors.push(operand(map).into_dispatch());
        tensors.push(operand(weight).into_dispatch());
        if let Some(bias) = bias {
            check("bias of a modulation", bias.dims()[0], 2 * channels)?;
            tensors.push(bias.into_dispatch());
        }
    }
    let mut tensors = tensors.into_iter();
    let (x, rest) = (x.into_dispatch(), Tensor::<1>::zeros([1], &device).into_dispatch());
    let mut next = || tensors.next().unwrap_or_else(|| rest.clone());
    let (a, b, c, d, e, f, g, h, i) = (next(), next(), next(), next(), next(), next(), next(), next(), next());
    let (out, mean, variance) = <Dispatch as SpadeBackend>::kernel_spade(x, a, b, c, d, e, f, g, h, i, plan);
    Ok(SpadeNormed {
        output: Tensor::from_dispatch(out),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    })
}
