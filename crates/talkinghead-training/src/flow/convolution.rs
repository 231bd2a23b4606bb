//! The convolution of networks that are never trained: constant weights, an activation, no gradients.

use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;
use talkinghead_kernels::burn::{ConstantConvolution, convolve, is_plain};
use talkinghead_kernels::{Activation, Convolution, Geometry, InstructionSet, KernelError, Method};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::read_back;
use talkinghead_synthesis::weights::WeightBuilder;

/// A convolution with constant weights, bias and activation.
#[derive(Debug)]
pub struct FrozenConvolution {
    weights: Weights,
    activation: Activation,
}

#[derive(Debug)]
enum Weights {
    /// In the order of the processor's kernels.
    Packed(ConstantConvolution),
    /// On another device.
    Tensors { weight: Tensor<4>, bias: Option<Tensor<1>>, geometry: Geometry },
}

impl FrozenConvolution {
    /// Takes `KEY.weight` and `KEY.bias`.
    ///
    /// # Errors
    /// The device failed. Weights that do not fit are the builder's to tell.
    pub fn new(
        builder: &mut WeightBuilder,
        key: &str,
        geometry: Geometry,
        activation: Activation,
    ) -> Result<Self, SynthesisError> {
        let weight = builder.parameter(&format!("{key}.weight"), geometry.weight_shape()).val();
        let bias = builder.parameter(&format!("{key}.bias"), [geometry.output]).val();
        Self::of(builder, weight, Some(bias), geometry, activation)
    }

    /// Takes `KEY.weight`; has no bias.
    ///
    /// # Errors
    /// As [`FrozenConvolution::new`].
    pub fn without_bias(builder: &mut WeightBuilder, key: &str, geometry: Geometry) -> Result<Self, SynthesisError> {
        let weight = builder.parameter(&format!("{key}.weight"), geometry.weight_shape()).val();
        Self::of(builder, weight, None, geometry, Activation::Identity)
    }

    fn of(
        builder: &WeightBuilder,
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        geometry: Geometry,
        activation: Activation,
    ) -> Result<Self, SynthesisError> {
        // Weights of a file that does not fit are one number that stands for all: packing would give them their memory.
        if !is_plain(&weight) || !builder.fits_so_far() {
            return Ok(Self { weights: Weights::Tensors { weight, bias, geometry }, activation });
        }
        let packed = Convolution::new(geometry, read_back(weight)?, InstructionSet::chosen_or_fastest(), Method::Exact)?;
        let packed = ConstantConvolution::new(packed, bias.map(read_back).transpose()?);
        Ok(Self { weights: Weights::Packed(packed), activation })
    }

    /// # Shapes
    /// [batch, in, height, width] -> [batch, out, height', width'].
    ///
    /// # Errors
    /// Features of another shape, or on another device than the weights.
    pub fn forward(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        match &self.weights {
            Weights::Packed(packed) => packed.forward(x, self.activation, None),
            Weights::Tensors { weight, bias, geometry } => {
                let y = convolve(x, weight.clone(), bias.clone(), *geometry)?;
                Ok(match self.activation {
                    Activation::Identity => y,
                    Activation::LeakyRelu(slope) => leaky_relu(y, f64::from(slope)),
                })
            }
        }
    }
}
