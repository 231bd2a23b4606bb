//! The one convolution layer of these networks. Everything that convolves goes through [`convolve`] or, with constant weights on the
//! processor, through a packed layer of the kernels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use talkinghead_kernels::burn::{ConstantConvolution, is_plain};
use talkinghead_kernels::{Activation, Direction, Geometry as KernelGeometry, InstructionSet, KernelError, Method, Precision};

use super::{SLOPE, host_values, operation};
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

impl Geometry {
    /// What the kernels call it, for weights of that shape.
    pub(super) fn of_weights(self, weight: [usize; 4]) -> KernelGeometry {
        let [first, second, height, width] = weight;
        let (direction, input, output) = match self.transposed {
            None => (Direction::Ordinary, second, first),
            Some(extra) => (Direction::Transposed { output_padding: [extra; 2] }, first, second),
        };
        KernelGeometry {
            input,
            output,
            kernel: [height, width],
            stride: [self.stride; 2],
            padding: [self.padding; 2],
            dilation: [1; 2],
            direction,
        }
    }
}

/// Convolves `x` [batch, in, height, width] with `weight` [out, in, k, k] ([in, out, k, k] if transposed).
///
/// # Errors
/// The shapes do not fit.
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry) -> Result<Tensor<4>, KernelError> {
    convolve_activated(x, weight, bias, geometry, 1.0)
}

/// The same and a leaky ReLU of that slope: 0 for a ReLU, 1 for none.
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
    let geometry = geometry.of_weights(weight.dims());
    let [batch, _, height, width] = x.dims();
    let work = geometry.multiply_adds(batch, [height, width]).unwrap_or(0);
    let run = || talkinghead_kernels::burn::convolve_activated(x, weight, bias, geometry, slope);
    operation("convolution, weights of the moment", work, run)
}

/// The kind of a packed convolution, for its span.
fn kind(geometry: &KernelGeometry) -> &'static str {
    match (geometry.direction, geometry.kernel, geometry.stride) {
        (Direction::Transposed { .. }, ..) => "transposed convolution",
        (_, [1, 1], _) => "1x1 convolution",
        (_, _, [1, 1]) if geometry.input < 16 || geometry.output < 16 => "3x3 convolution, few channels",
        (_, _, [1, 1]) => "3x3 convolution",
        _ => "strided convolution",
    }
}

/// Convolves every batch element with weights of its own: `weights` [1 or batch, out, in, k, k], `biases` [1 or batch, out].
/// One set of weights serves a whole batch.
///
/// # Errors
/// As [`convolve`].
pub fn convolve_each(
    x: Tensor<4>,
    weights: &Tensor<5>,
    biases: Option<&Tensor<2>>,
    geometry: Geometry,
) -> Result<Tensor<4>, KernelError> {
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
        return convolve(x, weight, bias, geometry);
    }
    let results = (0..sets)
        .map(|index| {
            let (weight, bias) = set(index);
            convolve(x.clone().slice([index..index + 1]), weight, bias, geometry)
        })
        .collect::<Result<_, _>>()?;
    Ok(Tensor::cat(results, 0))
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
    /// `[out, in, k, k]`, transposed `[in, out, k, k]`; absent once packed.
    weight: Option<Param<Tensor<4>>>,
    /// `[out]`; absent once packed.
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    geometry: Geometry,
    /// Constant weights and bias in the kernels' order.
    #[module(skip)]
    packed: Option<ConstantConvolution>,
}

impl Convolution {
    /// Takes `KEY.WEIGHT` and `KEY.bias`; `weight_name` is `weight` or, under spectral norm, `weight_orig`.
    pub(super) fn named(builder: &mut WeightBuilder, key: &str, weight_name: &str, shape: ConvolutionShape) -> Self {
        // PyTorch's order within a spectral module: bias first.
        let bias = shape.bias.then(|| builder.parameter(&format!("{key}.bias"), [shape.output]));
        let weight = Some(builder.parameter(&format!("{key}.{weight_name}"), shape.weight()));
        Self { weight, bias, geometry: shape.geometry, packed: None }
    }

    /// Takes `KEY.weight` and `KEY.bias`.
    pub fn new(builder: &mut WeightBuilder, key: &str, shape: ConvolutionShape) -> Self {
        Self::named(builder, key, "weight", shape)
    }

    /// A layer of constant tensors, for inference: packed for the kernels on the processor, as it is elsewhere.
    ///
    /// # Errors
    /// A shape of weights that no convolution has.
    pub fn constant(
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        geometry: Geometry,
        precision: Precision,
    ) -> Result<Self, KernelError> {
        if !is_plain(&weight) {
            let (weight, bias) = (Some(Param::from_tensor(weight)), bias.map(Param::from_tensor));
            return Ok(Self { weight, bias, geometry, packed: None });
        }
        let shape = geometry.of_weights(weight.dims());
        let packed =
            talkinghead_kernels::Convolution::new(shape, host_values(weight), InstructionSet::chosen_or_fastest(), Method::Fast)?;
        let packed = ConstantConvolution::new(packed.with_precision(precision), bias.map(host_values));
        Ok(Self { weight: None, bias: None, geometry, packed: Some(packed) })
    }

    /// The same layer with constant weights.
    ///
    /// # Errors
    /// As [`Convolution::constant`].
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        match &self.weight {
            Some(weight) => Self::constant(weight.val(), self.bias(), self.geometry, precision),
            None => Ok(self),
        }
    }

    /// Stride, padding, direction.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The weights.
    ///
    /// # Panics
    /// If they have been packed; only layers that are not prepared are asked.
    pub fn weight(&self) -> Tensor<4> {
        match &self.weight {
            Some(weight) => weight.val(),
            None => panic!("the weights of a packed convolution cannot be read"),
        }
    }

    /// The bias, if any.
    pub fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(|bias| bias.val())
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height', width'].
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        match &self.packed {
            Some(packed) => Self::run(packed, Activation::Identity, x, None),
            None => convolve(x, self.weight(), self.bias(), self.geometry),
        }
    }

    /// The same and a leaky ReLU.
    ///
    /// # Errors
    /// As [`Convolution::forward`].
    pub fn forward_activated(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        match &self.packed {
            Some(packed) => Self::run(packed, Activation::LeakyRelu(SLOPE), x, None),
            None => convolve_activated(x, self.weight(), self.bias(), self.geometry, SLOPE),
        }
    }

    /// The same plus `other`, of the result's shape.
    ///
    /// # Errors
    /// As [`Convolution::forward`].
    pub fn forward_onto(&self, other: Tensor<4>, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        match &self.packed {
            Some(packed) => Self::run(packed, Activation::Identity, x, Some(other)),
            None => Ok(other + self.forward(x)?),
        }
    }

    /// With another weight in place of the stored one.
    ///
    /// # Errors
    /// As [`convolve`].
    pub fn forward_with(&self, x: Tensor<4>, weight: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        convolve(x, weight, self.bias(), self.geometry)
    }

    /// The same and a leaky ReLU.
    ///
    /// # Errors
    /// As [`convolve`].
    pub fn forward_with_activated(&self, x: Tensor<4>, weight: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        convolve_activated(x, weight, self.bias(), self.geometry, SLOPE)
    }

    fn run(
        packed: &ConstantConvolution,
        activation: Activation,
        x: Tensor<4>,
        other: Option<Tensor<4>>,
    ) -> Result<Tensor<4>, KernelError> {
        let [batch, _, height, width] = x.dims();
        let work = packed.geometry().multiply_adds(batch, [height, width]).unwrap_or(0);
        operation(kind(packed.geometry()), work, || packed.forward(x.inner(), activation, other.map(Tensor::inner)))
    }
}
