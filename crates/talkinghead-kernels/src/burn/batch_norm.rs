//! Batch normalisation of Burn's tensors, as it is trained.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::primitive::{Numbers, is_on_processor, tensor};
use crate::convolution::check;
use crate::instance_norm::check_slope;
use crate::{BatchNorm, InstructionSet, KernelError};

/// A result is only kept in place of its input where the weights are at least this share of the biases, and of 1.
const LEAST_WEIGHT: f32 = 0.03;

/// Batch normalisation and a leaky ReLU in one operation.
///
/// # Panics
/// On shapes that do not fit; call [`batch_norm`], which checks them.
#[backend_extension(Autodiff, Flex)]
pub trait BatchNormBackend: Backend {
    /// The result, and mean and variance of each channel.
    fn kernel_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Gradients of input, weight and bias from the result, its variance and its gradient.
    fn kernel_batch_norm_gradients(
        y: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl BatchNormBackend for Flex {
    fn kernel_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let shape = [x.shape()[0], x.shape()[1], x.shape()[2], x.shape()[3]];
        let [batch, channels, ..] = shape;
        let (x, weight, bias) = (Numbers::new(x), Numbers::new(weight), Numbers::new(bias));
        let instructions = InstructionSet::chosen_or_fastest();
        let run = || {
            let statistics = crate::channel_statistics(instructions, x.slice(), batch, channels)?;
            let inverse = inverse_deviations(&statistics.variance, epsilon);
            let scale: Vec<f32> = weight.slice().iter().zip(&inverse).map(|(weight, inverse)| weight * inverse).collect();
            let parts = scale.iter().zip(&statistics.mean).zip(bias.slice());
            let shift: Vec<f32> = parts.map(|((scale, mean), bias)| bias - scale * mean).collect();
            let mut out = vec![0.0; x.slice().len()];
            crate::channel_affine(instructions, x.slice(), [&scale, &shift], slope, batch, &mut out)?;
            Ok::<_, KernelError>((out, statistics))
        };
        match run() {
            Ok((out, statistics)) => {
                (tensor(out, &shape), tensor(statistics.mean, &[channels]), tensor(statistics.variance, &[channels]))
            }
            Err(error) => panic!("a batch normalisation was entered with shapes that do not fit: {error}"),
        }
    }

    fn kernel_batch_norm_gradients(
        y: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let shape = [y.shape()[0], y.shape()[1], y.shape()[2], y.shape()[3]];
        let [batch, channels, ..] = shape;
        let [y, variance, weight, bias, gradient] = [y, variance, weight, bias, gradient].map(Numbers::new);
        let inverse = inverse_deviations(variance.slice(), epsilon);
        let norm = BatchNorm { inverse: &inverse, weight: weight.slice(), bias: bias.slice(), slope };
        match norm.gradients(InstructionSet::chosen_or_fastest(), y.slice(), gradient.slice(), batch) {
            Ok(found) => (tensor(found.input, &shape), tensor(found.weight, &[channels]), tensor(found.bias, &[channels])),
            Err(error) => panic!("a batch normalisation was entered with shapes that do not fit: {error}"),
        }
    }
}

/// `1 / sqrt(variance + epsilon)`.
pub(super) fn inverse_deviations(variance: &[f32], epsilon: f32) -> Vec<f32> {
    variance.iter().map(|variance| (1.0 / (f64::from(*variance) + f64::from(epsilon)).sqrt()) as f32).collect()
}

impl<B: BatchNormBackend, C: CheckpointStrategy> BatchNormBackend for Autodiff<B, C> {
    fn kernel_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct BatchNormBackward;

        impl<B: BatchNormBackend> Backward<B, 3> for BatchNormBackward {
            /// Result, variance, weight, bias, epsilon, slope.
            type State = ([FloatTensor<B>; 4], f32, f32);

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let gradient = grads.consume::<B>(&ops.node);
                let ([y, variance, weight, bias], epsilon, slope) = ops.state;
                let found = B::kernel_batch_norm_gradients(y, variance, weight, bias, gradient, epsilon, slope);
                for (node, gradient) in ops.parents.into_iter().zip([found.0, found.1, found.2]) {
                    if let Some(node) = node {
                        grads.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
        let (y, mean, variance) = B::kernel_batch_norm(x, weight.clone(), bias.clone(), epsilon, slope);
        let result = match BatchNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = ([y.clone(), variance.clone(), weight, bias], epsilon, slope);
                prepared.finish(state, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        };
        (result, Self::from_inner(mean), Self::from_inner(variance))
    }

    fn kernel_batch_norm_gradients(
        y: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        // A gradient of a gradient is not offered: the results are constants.
        let [y, variance, weight, bias, gradient] = [y, variance, weight, bias, gradient].map(|tensor| tensor.into_primitive());
        let found = B::kernel_batch_norm_gradients(y, variance, weight, bias, gradient, epsilon, slope);
        (Self::from_inner(found.0), Self::from_inner(found.1), Self::from_inner(found.2))
    }
}

/// A batch normalisation's result with the statistics that it used.
#[derive(Debug, Clone)]
pub struct BatchNormed {
    /// Of the input's shape.
    pub output: Tensor<4>,
    /// `[channels]`.
    pub mean: Tensor<1>,
    /// `[channels]`, biased.
    pub variance: Tensor<1>,
}

/// Normalises each channel of `x` [batch, channels, height, width] by its statistics over batch and pixels, times `weight`, plus `bias`
/// (both `[channels]`), then a leaky ReLU of that slope (1 for none). Differentiable; keeps the result instead of the input, so `None` where
/// that cannot be undone: weights near 0.
///
/// # Errors
/// Shapes that do not fit, a slope of 0, a tensor that is not on the processor.
pub fn batch_norm(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f32,
    slope: f32,
) -> Result<Option<BatchNormed>, KernelError> {
    let channels = x.dims()[1];
    check("weight", weight.dims()[0], channels)?;
    check("bias", bias.dims()[0], channels)?;
    check_slope(slope)?;
    if !is_on_processor(&x) {
        return Err(KernelError::Elsewhere);
    }
    if !can_be_undone(&weight, &bias) {
        return Ok(None);
    }
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    let (y, mean, variance) = <Dispatch as BatchNormBackend>::kernel_batch_norm(x, weight, bias, epsilon, slope);
    Ok(Some(BatchNormed {
        output: Tensor::from_dispatch(y),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }))
}

fn can_be_undone(weight: &Tensor<1>, bias: &Tensor<1>) -> bool {
    let values = |tensor: &Tensor<1>| tensor.clone().try_into_vec_as::<f32>();
    let (Ok(weight), Ok(bias)) = (values(weight), values(bias)) else { return false };
    weight.iter().zip(&bias).all(|(weight, bias)| weight.abs() >= LEAST_WEIGHT * bias.abs().max(1.0))
}
