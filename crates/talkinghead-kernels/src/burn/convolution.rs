//! Convolution of Burn's tensors.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::mixed_precision::{operand, result};
use super::operations::KernelBackend;
use super::primitive::{Numbers, is_on_processor, plain, tensor, wrap};
use crate::convolution::check;
use crate::{Activation, Convolution, Direction, Epilogue, Geometry, KernelError};

/// Convolves `x` `[batch, in, height, width]` with `weight` `[out, in, kh, kw]` (`[in, out, kh, kw]` if transposed) and adds
/// `bias` `[out]`.
/// Differentiable. On the processor with the kernels of this crate, elsewhere with Burn's; in the precision of
/// [`super::with_precision`].
///
/// # Errors
/// Shapes that do not fit the geometry.
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry) -> Result<Tensor<4>, KernelError> {
    convolve_activated(x, weight, bias, geometry, 1.0)
}

/// The same and a leaky ReLU of that slope (0 for a ReLU, 1 for none), of which no more is kept for the gradient than the result.
///
/// # Errors
/// As [`convolve`].
pub fn convolve_activated(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    geometry: Geometry,
    slope: f32,
) -> Result<Tensor<4>, KernelError> {
    let [_, input, height, width] = x.dims();
    check("channels of the input", input, geometry.input)?;
    let wanted = geometry.weight_shape();
    if weight.dims() != wanted {
        return Err(KernelError::Shape { what: "weights", wanted: wanted.to_vec(), found: weight.dims().to_vec() });
    }
    if let Some(bias) = &bias {
        check("bias", bias.dims()[0], geometry.output)?;
    }
    geometry.output_size([height, width])?;
    let (x, weight, bias) = (operand(x), operand(weight), bias.map(operand));
    Ok(result(convolved(x, weight, bias, geometry, slope)))
}

/// With shapes that fit.
fn convolved(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry, slope: f32) -> Tensor<4> {
    if !is_on_processor(&x) {
        let Geometry { stride, padding, dilation, .. } = geometry;
        let out = match geometry.direction {
            Direction::Ordinary => conv2d(x, weight, bias, ConvOptions::new(stride, padding, dilation, 1)),
            Direction::Transposed { output_padding } => {
                let options = ConvTransposeOptions::new(stride, padding, output_padding, dilation, 1);
                conv_transpose2d(x, weight, bias, options)
            }
        };
        return activated(out, slope);
    }
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    match bias {
        Some(bias) => {
            let bias = bias.into_dispatch();
            Tensor::from_dispatch(<Dispatch as KernelBackend>::kernel_convolution_with_bias(x, weight, bias, geometry, slope))
        }
        None => activated(Tensor::from_dispatch(<Dispatch as KernelBackend>::kernel_convolution(x, weight, geometry)), slope),
    }
}

fn activated(x: Tensor<4>, slope: f32) -> Tensor<4> {
    if slope == 1.0 { x } else { burn::tensor::activation::leaky_relu(x, f64::from(slope)) }
}

/// A convolution with constant weights and bias on the processor, packed once. Without gradients.
#[derive(Debug, Clone)]
pub struct ConstantConvolution {
    convolution: Arc<Convolution>,
    bias: Option<Arc<Vec<f32>>>,
}

impl ConstantConvolution {
    /// Takes a convolution with its weights and a bias for each output channel.
    pub fn new(convolution: Convolution, bias: Option<Vec<f32>>) -> Self {
        Self { convolution: Arc::new(convolution), bias: bias.map(Arc::new) }
    }

    /// Sizes, strides, paddings.
    pub fn geometry(&self) -> &Geometry {
        self.convolution.geometry()
    }

    /// [batch, in, height, width] -> [batch, out, height', width'], then the activation, then the sum with `residual` of that shape.
    ///
    /// # Errors
    /// Shapes that do not fit, or tensors that are not on the processor or carry gradients.
    pub fn forward(&self, x: Tensor<4>, activation: Activation, residual: Option<Tensor<4>>) -> Result<Tensor<4>, KernelError> {
        let geometry = self.geometry();
        let [batch, input, height, width] = x.dims();
        check("channels of the input", input, geometry.input)?;
        let output = geometry.output_size([height, width])?;
        let x = plain(x)?;
        let residual = residual.map(plain).transpose()?;
        let mut out = vec![0.0; batch * geometry.output * output[0] * output[1]];
        let epilogue = Epilogue {
            bias: self.bias.as_ref().map(|bias| bias.as_slice()),
            activation,
            residual: residual.as_ref().map(Numbers::slice),
        };
        self.convolution.forward(x.slice(), batch, [height, width], epilogue, &mut out)?;
        Ok(wrap(tensor(out, &[batch, geometry.output, output[0], output[1]])))
    }
}
