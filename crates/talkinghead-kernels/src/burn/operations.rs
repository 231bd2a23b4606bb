//! Custom operations of the processor's backend, with their gradients.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Flex, TensorMetadata, backend_extension};

use super::primitive::{Numbers, tensor};
use crate::{Activation, Corners, Epilogue, Geometry, InstructionSet, KernelError, Method, Sampling};

/// The kernels' operations and their gradients.
///
/// # Panics
/// All of them, on shapes that do not fit: Burn's operations cannot return errors. [`super::convolve`], [`super::instance_norm`] and
/// [`super::grid_sample`] check shapes first and return errors; call those.
#[backend_extension(Autodiff, Flex)]
pub trait KernelBackend: Backend {
    /// `x` [batch, in, h, w] convolved with `weight`.
    fn kernel_convolution(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self>;

    /// The same plus `bias` `[out]`, a leaky ReLU of that slope behind it (1 for none).
    fn kernel_convolution_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: Geometry,
        slope: f32,
    ) -> FloatTensor<Self>;

    /// The gradient of a leaky ReLU from its result `y` and the result's gradient.
    fn kernel_leaky_relu_gradient(y: FloatTensor<Self>, gradient: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;

    /// Every pixel of `x` [batch, channels, h, w] twice along both axes.
    fn kernel_upsample(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Its gradient.
    fn kernel_upsample_gradient(y: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Gradient of the bias, `[out]`, from that of the output.
    fn kernel_bias_gradient(y: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Gradient of the weights, of `weight`'s shape, from the input and the output's gradient.
    fn kernel_weight_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        y: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// Every plane of `x` [batch, channels, h, w] normalised, a leaky ReLU of that slope behind it; and the inverse deviations
    /// [batch, channels].
    fn kernel_instance_norm(x: FloatTensor<Self>, epsilon: f32, slope: f32) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Its gradient, from its two results and the gradient of the first.
    fn kernel_instance_norm_gradient(
        y: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self>;

    /// `x` [batch, channels, h, w] sampled at `grid` [batch, H, W, 2], bilinear, clamped at the border.
    fn kernel_grid_sample(x: FloatTensor<Self>, grid: FloatTensor<Self>, corners: Corners) -> FloatTensor<Self>;

    /// Its gradients with respect to the picture and the grid.
    fn kernel_grid_sample_gradients(
        x: FloatTensor<Self>,
        grid: FloatTensor<Self>,
        y: FloatTensor<Self>,
        corners: Corners,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl KernelBackend for Flex {
    fn kernel_convolution(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        forward(x, weight, None, geometry, 1.0)
    }

    fn kernel_convolution_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: Geometry,
        slope: f32,
    ) -> FloatTensor<Self> {
        forward(x, weight, Some(bias), geometry, slope)
    }

    fn kernel_leaky_relu_gradient(y: FloatTensor<Self>, gradient: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let shape = y.shape().to_vec();
        let (y, gradient) = (Numbers::new(y), Numbers::new(gradient));
        let instructions = InstructionSet::chosen_or_fastest();
        tensor(checked(crate::leaky_relu_gradient(instructions, y.slice(), gradient.slice(), slope)), &shape)
    }

    fn kernel_upsample(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let [[batch, channels], [height, width]] = batch_and_size(&x.shape());
        let out = checked(crate::upsample_nearest(Numbers::new(x).slice(), batch * channels, [height, width]));
        tensor(out, &[batch, channels, 2 * height, 2 * width])
    }

    fn kernel_upsample_gradient(y: FloatTensor<Self>) -> FloatTensor<Self> {
        let [[batch, channels], [height, width]] = batch_and_size(&y.shape());
        let size = [height / 2, width / 2];
        let out = checked(crate::upsample_nearest_gradient(Numbers::new(y).slice(), batch * channels, size));
        tensor(out, &[batch, channels, size[0], size[1]])
    }

    fn kernel_bias_gradient(y: FloatTensor<Self>) -> FloatTensor<Self> {
        let [[batch, channels], _] = batch_and_size(&y.shape());
        tensor(crate::bias_gradient(Numbers::new(y).slice(), batch, channels), &[channels])
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
        let instructions = InstructionSet::chosen_or_fastest();
        let gradient = checked(crate::weight_gradient(&geometry, instructions, x.slice(), y.slice(), batch[0], size));
        tensor(gradient, &[shape[0], shape[1], shape[2], shape[3]])
    }

    fn kernel_instance_norm(x: FloatTensor<Self>, epsilon: f32, slope: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [[batch, channels], size] = batch_and_size(&x.shape());
        let x = Numbers::new(x);
        let result = crate::instance_norm(InstructionSet::chosen_or_fastest(), x.slice(), batch * channels, epsilon, slope);
        let (y, inverse) = checked(result);
        (tensor(y, &[batch, channels, size[0], size[1]]), tensor(inverse, &[batch, channels]))
    }

    fn kernel_instance_norm_gradient(
        y: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let [[batch, channels], size] = batch_and_size(&y.shape());
        let (y, inverse, gradient) = (Numbers::new(y), Numbers::new(inverse), Numbers::new(gradient));
        let instructions = InstructionSet::chosen_or_fastest();
        let result = crate::instance_norm_gradient(instructions, y.slice(), inverse.slice(), gradient.slice(), slope);
        tensor(checked(result), &[batch, channels, size[0], size[1]])
    }

    fn kernel_grid_sample(x: FloatTensor<Self>, grid: FloatTensor<Self>, corners: Corners) -> FloatTensor<Self> {
        let sampling = sampling(&x.shape(), &grid.shape(), corners);
        let (x, grid) = (Numbers::new(x), Numbers::new(grid));
        let out = checked(sampling.forward(x.slice(), grid.slice()));
        tensor(out, &[sampling.batch, sampling.channels, sampling.out[0], sampling.out[1]])
    }

    fn kernel_grid_sample_gradients(
        x: FloatTensor<Self>,
        grid: FloatTensor<Self>,
        y: FloatTensor<Self>,
        corners: Corners,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let Sampling { batch, channels, size, out, .. } = sampling(&x.shape(), &grid.shape(), corners);
        let sampling = Sampling { batch, channels, size, out, corners };
        let (x, grid, y) = (Numbers::new(x), Numbers::new(grid), Numbers::new(y));
        let (of_x, of_grid) = checked(sampling.backward(x.slice(), grid.slice(), y.slice()));
        (tensor(of_x, &[batch, channels, size[0], size[1]]), tensor(of_grid, &[batch, out[0], out[1], 2]))
    }
}

/// What a kernel makes of shapes that were checked before the operation was entered.
///
/// # Panics
/// With the kernel's error, if it refuses them nevertheless.
fn checked<T>(result: Result<T, KernelError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a kernel was entered with shapes that do not fit: {error}"),
    }
}

fn forward(x: FlexTensor, weight: FlexTensor, bias: Option<FlexTensor>, geometry: Geometry, slope: f32) -> FlexTensor {
    let [[batch, _], size] = batch_and_size(&x.shape());
    let (x, weight, bias) = (Numbers::new(x), Numbers::new(weight), bias.map(Numbers::new));
    let output = checked(geometry.output_size(size));
    let mut out = vec![0.0; batch * geometry.output * output[0] * output[1]];
    let activation = if slope == 1.0 { Activation::Identity } else { Activation::LeakyRelu(slope) };
    let epilogue = Epilogue { bias: bias.as_ref().map(Numbers::slice), activation, residual: None };
    let instructions = InstructionSet::chosen_or_fastest();
    let (x, weight) = (x.slice(), weight.slice());
    let done = crate::convolve_once(&geometry, weight, instructions, Method::Fast, x, batch, size, epilogue, &mut out);
    checked(done);
    tensor(out, &[batch, geometry.output, output[0], output[1]])
}

fn sampling(x: &burn::tensor::Shape, grid: &burn::tensor::Shape, corners: Corners) -> Sampling {
    Sampling { batch: x[0], channels: x[1], size: [x[2], x[3]], out: [grid[1], grid[2]], corners }
}

/// `[batch, channels]` and `[height, width]`.
fn batch_and_size(shape: &burn::tensor::Shape) -> [[usize; 2]; 2] {
    [[shape[0], shape[1]], [shape[2], shape[3]]]
}

/// Registers the gradients of input and weights of a convolution.
fn register_convolution<B: KernelBackend>(
    [x_node, weight_node]: [Option<NodeId>; 2],
    [x, weight, y]: [FloatTensor<B>; 3],
    geometry: Geometry,
    grads: &mut Gradients,
) {
    if let Some(node) = x_node {
        let shape = x.shape();
        let backward = checked(geometry.input_gradient([shape[2], shape[3]]));
        let gradient = B::kernel_convolution(y.clone(), weight.clone(), backward);
        grads.register::<B>(node, gradient);
    }
    if let Some(node) = weight_node {
        grads.register::<B>(node, B::kernel_weight_gradient(x, weight, y, geometry));
    }
}

impl<B: KernelBackend, C: CheckpointStrategy> KernelBackend for Autodiff<B, C> {
    fn kernel_convolution_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: Geometry,
        slope: f32,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ConvolutionBackward;

        impl<B: KernelBackend> Backward<B, 3> for ConvolutionBackward {
            /// Input, weights, the result if an activation made it.
            type State = (NodeId, NodeId, Geometry, Option<FloatTensor<B>>, f32);

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
                let [x_node, weight_node, bias_node] = ops.parents;
                let y = grads.consume::<B>(&ops.node);
                let (x, weight, geometry, activated, slope) = ops.state;
                let y = match activated {
                    Some(activated) => B::kernel_leaky_relu_gradient(activated, y, slope),
                    None => y,
                };
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let weight = checkpointer.retrieve_node_output::<FloatTensor<B>>(weight);
                if let Some(node) = bias_node {
                    grads.register::<B>(node.id, B::kernel_bias_gradient(y.clone()));
                }
                let nodes = [x_node, weight_node].map(|node| node.map(|node| node.id));
                register_convolution::<B>(nodes, [x, weight, y], geometry, grads);
            }
        }

        let nodes = [x.node(), weight.node(), bias.node()];
        match ConvolutionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (x_place, weight_place) = (prepared.checkpoint(&x), prepared.checkpoint(&weight));
                let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
                let out = B::kernel_convolution_with_bias(x, weight, bias, geometry, slope);
                let activated = (slope != 1.0).then(|| out.clone());
                prepared.finish((x_place, weight_place, geometry, activated, slope), out)
            }
            OpsKind::UnTracked(prepared) => {
                let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
                prepared.finish(B::kernel_convolution_with_bias(x, weight, bias, geometry, slope))
            }
        }
    }

    fn kernel_bias_gradient(y: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::kernel_bias_gradient(y.into_primitive()))
    }

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
                let nodes = [x_node, weight_node].map(|node| node.map(|node| node.id));
                register_convolution::<B>(nodes, [x, weight, y], geometry, grads);
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

    fn kernel_leaky_relu_gradient(y: FloatTensor<Self>, gradient: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        Self::from_inner(B::kernel_leaky_relu_gradient(y.into_primitive(), gradient.into_primitive(), slope))
    }

    fn kernel_upsample(x: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct UpsampleBackward;

        impl<B: KernelBackend> Backward<B, 1> for UpsampleBackward {
            type State = ();

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let [node] = ops.parents;
                let y = grads.consume::<B>(&ops.node);
                if let Some(node) = node {
                    grads.register::<B>(node.id, B::kernel_upsample_gradient(y));
                }
            }
        }

        match UpsampleBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((), B::kernel_upsample(x.into_primitive())),
            OpsKind::UnTracked(prepared) => prepared.finish(B::kernel_upsample(x.into_primitive())),
        }
    }

    fn kernel_upsample_gradient(y: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::kernel_upsample_gradient(y.into_primitive()))
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

    fn kernel_instance_norm(x: FloatTensor<Self>, epsilon: f32, slope: f32) -> (FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct InstanceNormBackward;

        impl<B: KernelBackend> Backward<B, 1> for InstanceNormBackward {
            type State = (FloatTensor<B>, FloatTensor<B>, f32);

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let [node] = ops.parents;
                let gradient = grads.consume::<B>(&ops.node);
                let (y, inverse, slope) = ops.state;
                if let Some(node) = node {
                    grads.register::<B>(node.id, B::kernel_instance_norm_gradient(y, inverse, gradient, slope));
                }
            }
        }

        match InstanceNormBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (y, inverse) = B::kernel_instance_norm(x.into_primitive(), epsilon, slope);
                let constant = Self::from_inner(inverse.clone());
                (prepared.finish((y.clone(), inverse, slope), y), constant)
            }
            OpsKind::UnTracked(prepared) => {
                let (y, inverse) = B::kernel_instance_norm(x.into_primitive(), epsilon, slope);
                (prepared.finish(y), Self::from_inner(inverse))
            }
        }
    }

    fn kernel_instance_norm_gradient(
        y: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::kernel_instance_norm_gradient(
            y.into_primitive(),
            inverse.into_primitive(),
            gradient.into_primitive(),
            slope,
        ))
    }

    fn kernel_grid_sample(x: FloatTensor<Self>, grid: FloatTensor<Self>, corners: Corners) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct GridSampleBackward;

        impl<B: KernelBackend> Backward<B, 2> for GridSampleBackward {
            type State = (NodeId, NodeId, Corners);

            fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
                let [x_node, grid_node] = ops.parents;
                let y = grads.consume::<B>(&ops.node);
                let (x, grid, corners) = ops.state;
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let grid = checkpointer.retrieve_node_output::<FloatTensor<B>>(grid);
                let (of_x, of_grid) = B::kernel_grid_sample_gradients(x, grid, y, corners);
                if let Some(node) = x_node {
                    grads.register::<B>(node.id, of_x);
                }
                if let Some(node) = grid_node {
                    grads.register::<B>(node.id, of_grid);
                }
            }
        }

        match GridSampleBackward.prepare::<C>([x.node(), grid.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), prepared.checkpoint(&grid), corners);
                let output = B::kernel_grid_sample(x.into_primitive(), grid.into_primitive(), corners);
                prepared.finish(state, output)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::kernel_grid_sample(x.into_primitive(), grid.into_primitive(), corners))
            }
        }
    }

    fn kernel_grid_sample_gradients(
        x: FloatTensor<Self>,
        grid: FloatTensor<Self>,
        y: FloatTensor<Self>,
        corners: Corners,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (of_x, of_grid) =
            B::kernel_grid_sample_gradients(x.into_primitive(), grid.into_primitive(), y.into_primitive(), corners);
        (Self::from_inner(of_x), Self::from_inner(of_grid))
    }
}
