//! The one convolution layer of these networks. Everything that convolves goes through [`convolve`], so that other kernels
//! can take its place.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::Pass;
use crate::weights::WeightBuilder;

/// Stride, zero padding and direction of a convolution; the same along both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Step in pixels.
    pub stride: usize,
    /// Rows and columns of zeros on every side.
    pub padding: usize,
    /// `Some(output padding)` for a transposed convolution.
    pub transposed: Option<usize>,
}

impl Geometry {
    /// An ordinary convolution.
    pub fn new(stride: usize, padding: usize) -> Self {
        Self { stride, padding, transposed: None }
    }

    /// A transposed convolution that doubles the size: stride 2, output padding 1.
    pub fn doubling(padding: usize) -> Self {
        Self { stride: 2, padding, transposed: Some(1) }
    }
}

/// Convolves `x` [batch, in, height, width] with `weight` [out, in, k, k] ([in, out, k, k] if transposed).
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry, pass: &mut Pass) -> Tensor<4> {
    let Geometry { stride, padding, transposed } = geometry;
    let taps: usize = weight.dims().iter().product();
    let [batch, _, height, width] = x.dims();
    match transposed {
        None => {
            let out = conv2d(x, weight, bias, ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1));
            let [_, _, height, width] = out.dims();
            pass.count(batch * height * width * taps);
            out
        }
        Some(output_padding) => {
            pass.count(batch * height * width * taps);
            let options = ConvTransposeOptions::new([stride; 2], [padding; 2], [output_padding; 2], [1, 1], 1);
            conv_transpose2d(x, weight, bias, options)
        }
    }
}

/// Convolves every batch element with weights of its own: `weights` [1 or batch, out, in, k, k], `biases` [1 or batch, out].
/// One set of weights serves a whole batch.
pub fn convolve_each(
    x: Tensor<4>,
    weights: &Tensor<5>,
    biases: Option<&Tensor<2>>,
    geometry: Geometry,
    pass: &mut Pass,
) -> Tensor<4> {
    let [sets, a, b, k, l] = weights.dims();
    let set = |index: usize| {
        let weight = weights.clone().slice([index..index + 1]).reshape([a, b, k, l]);
        let bias = biases.map(|biases| {
            let channels = biases.dims()[1];
            biases.clone().slice([index..index + 1]).reshape([channels])
        });
        (weight, bias)
    };
    if sets == 1 {
        let (weight, bias) = set(0);
        return convolve(x, weight, bias, geometry, pass);
    }
    let results = (0..sets)
        .map(|index| {
            let (weight, bias) = set(index);
            convolve(x.clone().slice([index..index + 1]), weight, bias, geometry, pass)
        })
        .collect();
    Tensor::cat(results, 0)
}

/// Channels, kernel and bias of a [`Convolution`].
#[derive(Debug, Clone, Copy)]
pub struct ConvolutionShape {
    /// Input channels.
    pub input: usize,
    /// Output channels.
    pub output: usize,
    /// Kernel size.
    pub kernel: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// Stride, padding, direction.
    pub geometry: Geometry,
}

impl ConvolutionShape {
    /// A 3x3 convolution with bias, stride 1 and padding 1.
    pub fn three(input: usize, output: usize) -> Self {
        Self { input, output, kernel: 3, bias: true, geometry: Geometry::new(1, 1) }
    }

    /// The same with another stride.
    pub fn stride(self, stride: usize) -> Self {
        Self { geometry: Geometry { stride, ..self.geometry }, ..self }
    }

    /// Shape of the weight tensor.
    pub fn weight(&self) -> [usize; 4] {
        match self.geometry.transposed {
            None => [self.output, self.input, self.kernel, self.kernel],
            Some(_) => [self.input, self.output, self.kernel, self.kernel],
        }
    }
}

/// A convolution with its weights.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[out, in, k, k]`, transposed `[in, out, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out]`.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    geometry: Geometry,
}

impl Convolution {
    /// Takes `KEY.WEIGHT` and `KEY.bias`; `weight_name` is `weight` or, under spectral norm, `weight_orig`.
    pub(super) fn named(builder: &mut WeightBuilder, key: &str, weight_name: &str, shape: ConvolutionShape) -> Self {
        // PyTorch's order within a spectral module: bias first.
        let bias = shape.bias.then(|| builder.parameter(&format!("{key}.bias"), [shape.output]));
        let weight = builder.parameter(&format!("{key}.{weight_name}"), shape.weight());
        Self { weight, bias, geometry: shape.geometry }
    }

    /// Takes `KEY.weight` and `KEY.bias`.
    pub fn new(builder: &mut WeightBuilder, key: &str, shape: ConvolutionShape) -> Self {
        Self::named(builder, key, "weight", shape)
    }

    /// A layer of constant tensors, for inference.
    pub fn constant(weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry) -> Self {
        Self { weight: Param::from_tensor(weight), bias: bias.map(Param::from_tensor), geometry }
    }

    /// Stride, padding, direction.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The bias, if any.
    pub fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(|bias| bias.val())
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height', width'].
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        convolve(x, self.weight.val(), self.bias(), self.geometry, pass)
    }

    /// With another weight in place of the stored one.
    pub fn forward_with(&self, x: Tensor<4>, weight: Tensor<4>, pass: &mut Pass) -> Tensor<4> {
        convolve(x, weight, self.bias(), self.geometry, pass)
    }
}
