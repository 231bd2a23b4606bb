//! Custom operations of the processor's backend, with their gradients.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

use super::primitive::{Numbers, tensor};
use crate::{Convolution, Epilogue, Geometry, Method, Path};

/// Convolution and its gradients. Sizes have been checked by [`super::convolve`].
#[backend_extension(Autodiff, Flex)]
pub trait KernelBackend: Backend {
    /// `x` [batch, in, h, w] convolved with `weight`.
    fn kernel_convolution(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self>;

    /// Gradient of the weights, of `weight`'s shape, from the input and the output's gradient.
    fn kernel_weight_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        y: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;
}

impl KernelBackend for Flex {
    fn kernel_convolution(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        let [batch, size] = batch_and_size(&x.shape());
        let (x, weight) = (Numbers::new(x), Numbers::new(weight));
        let output = geometry.output_size(size).unwrap_or_default();
        let mut out = vec![0.0; batch[0] * geometry.output * output[0] * output[1]];
        // Buffers and sizes follow from the tensors' shapes, which `convolve` has checked.
        let done = Convolution::new(geometry, weight.slice().to_vec(), Path::chosen_or_fastest(), Method::Exact)
            .and_then(|convolution| convolution.forward(x.slice(), batch[0], size, Epilogue::default(), &mut out));
        assert!(done.is_ok(), "{done:?}");
        tensor(out, &[batch[0], geometry.output, output[0], output[1]])
    }

    fn kernel_weight_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        y: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        let [batch, size] = batch_and_size(&x.shape());
        let shape = weight.shape();
        let (x, y) = (Numbers::new(x), Numbers::new(y));
        let path = Path::chosen_or_fastest();
        let gradient = crate::weight_gradient(&geometry, path, x.slice(), y.slice(), batch[0], size);
        assert!(gradient.is_ok(), "{gradient:?}");
        tensor(gradient.unwrap_or_default(), &[shape[0], shape[1], shape[2], shape[3]])
    }
}

/// `[batch, unused]` and height and width.
fn batch_and_size(shape: &burn::tensor::Shape) -> [[usize; 2]; 2] {
    [[shape[0], shape[1]], [shape[2], shape[3]]]
}

impl<B: KernelBackend, C: CheckpointStrategy> KernelBackend for Autodiff<B, C> {
    fn kernel_convolution(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ConvolutionBackward;

        impl<B: KernelBackend> Backward<B, 2> for ConvolutionBackward {
            type State = (NodeId, NodeId, Geometry);

            fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
                let [x_node, weight_node] = ops.parents;
                let y = grads.consume::<B>(&ops.node);
                let (x, weight, geometry) = ops.state;
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let weight = checkpointer.retrieve_node_output::<FloatTensor<B>>(weight);
                if let Some(node) = x_node {
                    let shape = x.shape();
                    let backward = geometry.input_gradient([shape[2], shape[3]]);
                    assert!(backward.is_ok(), "{backward:?}");
                    let gradient = B::kernel_convolution(y.clone(), weight.clone(), backward.unwrap_or(geometry));
                    grads.register::<B>(node.id, gradient);
                }
                if let Some(node) = weight_node {
                    grads.register::<B>(node.id, B::kernel_weight_gradient(x, weight, y, geometry));
                }
            }
        }

        match ConvolutionBackward.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), prepared.checkpoint(&weight), geometry);
                let output = B::kernel_convolution(x.into_primitive(), weight.into_primitive(), geometry);
                prepared.finish(state, output)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::kernel_convolution(x.into_primitive(), weight.into_primitive(), geometry))
            }
        }
    }

    fn kernel_weight_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        y: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        // A gradient of a gradient is not offered: the result is a constant.
        Self::from_inner(B::kernel_weight_gradient(x.into_primitive(), weight.into_primitive(), y.into_primitive(), geometry))
    }
}
