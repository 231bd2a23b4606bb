//! Spectral normalisation of Burn's tensors, as it is trained.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::primitive::{Numbers, is_on_processor, tensor};
use crate::KernelError;
use crate::convolution::check;

/// Division of a weight by its spectral norm.
///
/// # Panics
/// On shapes that do not fit; call [`spectral_weight`], which checks them.
#[backend_extension(Autodiff, Flex)]
pub trait SpectralBackend: Backend {
    /// The divided weight, both vectors and the norm `[1]`.
    fn kernel_spectral_weight(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        iterates: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Its gradient from all four and the gradient of the first.
    fn kernel_spectral_weight_gradient(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl SpectralBackend for Flex {
    fn kernel_spectral_weight(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        iterates: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let shape = weight.shape().to_vec();
        let [weight, left, right] = [weight, left, right].map(Numbers::new);
        let (rows, columns) = (left.slice().len(), right.slice().len());
        match crate::spectral_weight(weight.slice(), left.slice(), right.slice(), iterates) {
            Ok(made) => (
                tensor(made.weight, &shape),
                tensor(made.left, &[rows]),
                tensor(made.right, &[columns]),
                tensor(vec![made.sigma], &[1]),
            ),
            Err(error) => panic!("a spectral norm was entered with shapes that do not fit: {error}"),
        }
    }

    fn kernel_spectral_weight_gradient(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let shape = weight.shape().to_vec();
        let [weight, left, right, sigma, gradient] = [weight, left, right, sigma, gradient].map(Numbers::new);
        let sigma = sigma.slice().first().copied().unwrap_or(f32::NAN);
        match crate::spectral_weight_gradient(weight.slice(), left.slice(), right.slice(), sigma, gradient.slice()) {
            Ok(found) => tensor(found, &shape),
            Err(error) => panic!("a spectral norm was entered with shapes that do not fit: {error}"),
        }
    }
}

impl<B: SpectralBackend, C: CheckpointStrategy> SpectralBackend for Autodiff<B, C> {
    fn kernel_spectral_weight(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        iterates: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct SpectralBackward;

        impl<B: SpectralBackend> Backward<B, 1> for SpectralBackward {
            type State = [FloatTensor<B>; 4];

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let [node] = ops.parents;
                let gradient = grads.consume::<B>(&ops.node);
                let [weight, left, right, sigma] = ops.state;
                if let Some(node) = node {
                    grads.register::<B>(node.id, B::kernel_spectral_weight_gradient(weight, left, right, sigma, gradient));
                }
            }
        }

        let prepared = SpectralBackward.prepare::<C>([weight.node()]).compute_bound().stateful();
        let [weight, left, right] = [weight, left, right].map(|tensor| tensor.into_primitive());
        let (weight, left, right, sigma) = B::kernel_spectral_weight(weight, left, right, iterates);
        let result = match prepared {
            OpsKind::Tracked(prepared) => prepared.finish([weight.clone(), left.clone(), right.clone(), sigma.clone()], weight),
            OpsKind::UnTracked(prepared) => prepared.finish(weight),
        };
        (result, Self::from_inner(left), Self::from_inner(right), Self::from_inner(sigma))
    }

    fn kernel_spectral_weight_gradient(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        // A gradient of a gradient is not offered: the result is a constant.
        let [weight, left, right, sigma, gradient] = [weight, left, right, sigma, gradient].map(|tensor| tensor.into_primitive());
        Self::from_inner(B::kernel_spectral_weight_gradient(weight, left, right, sigma, gradient))
    }
}

/// A divided weight and the vectors that it was divided by.
#[derive(Debug, Clone)]
pub struct Spectral<const D: usize> {
    /// Of the weight's shape.
    pub weight: Tensor<D>,
    /// `[rows]`.
    pub left: Tensor<1>,
    /// `[columns]`.
    pub right: Tensor<1>,
}

/// Divides a weight, whose first dimension is a matrix' rows and whose others are its columns, by `left . (matrix right)`, after a step of
/// the power iteration if `iterates`. Differentiable in the weight; the vectors are constants.
///
/// # Errors
/// Vectors of another length, a tensor that is not on the processor.
pub fn spectral_weight<const D: usize>(
    weight: Tensor<D>,
    left: Tensor<1>,
    right: Tensor<1>,
    iterates: bool,
) -> Result<Spectral<D>, KernelError> {
    let rows = weight.dims()[0];
    check("left vector", left.dims()[0], rows)?;
    check("right vector", right.dims()[0], weight.shape().num_elements() / rows.max(1))?;
    if !is_on_processor(&weight) {
        return Err(KernelError::Elsewhere);
    }
    let (weight, left, right) = (weight.into_dispatch(), left.into_dispatch(), right.into_dispatch());
    let (weight, left, right, _) = <Dispatch as SpectralBackend>::kernel_spectral_weight(weight, left, right, iterates);
    Ok(Spectral { weight: Tensor::from_dispatch(weight), left: Tensor::from_dispatch(left), right: Tensor::from_dispatch(right) })
}
