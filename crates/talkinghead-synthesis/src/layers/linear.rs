//! Spectrally normalised linear layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use talkinghead_kernels::burn::product;

use super::{Mode, Pass, SpectralNorm, operation};
use crate::weights::WeightBuilder;

/// `x` `[rows, in]` times `weight` `[out, in]` transposed, plus `bias` `[out]`.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    let [output, input] = weight.dims();
    let work = x.dims()[0] * input * output;
    operation("linear layer", work, || product(x, weight.transpose()) + bias.reshape([1, output]))
}

/// A linear layer whose weight is spectrally normalised, until it is prepared for inference.
#[derive(Module, Debug)]
pub struct SpectralLinear {
    /// `[out, in]`.
    weight: Param<Tensor<2>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
    /// Absent once prepared.
    norm: Option<SpectralNorm>,
}

impl SpectralLinear {
    /// Takes `KEY.bias`, `KEY.weight_orig`, `KEY.weight_u`, `KEY.weight_v`.
    pub fn new(builder: &mut WeightBuilder, key: &str, input: usize, output: usize) -> Self {
        let bias = builder.parameter(&format!("{key}.bias"), [output]);
        let weight = builder.parameter(&format!("{key}.weight_orig"), [output, input]);
        let norm = Some(SpectralNorm::new(builder, key, output, input));
        Self { weight, bias, norm }
    }

    /// The normalised weight `[out, in]` and the bias `[out]`.
    pub fn weights(&self, mode: Mode) -> (Tensor<2>, Tensor<1>) {
        let weight = self.weight.val();
        let weight = match &self.norm {
            None => weight,
            Some(norm) => weight.clone() / norm.sigma(weight, mode).reshape([1, 1]),
        };
        (weight, self.bias.val())
    }

    /// # Shapes
    /// [rows, in] -> [rows, out].
    pub fn forward(&self, x: Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        let (weight, bias) = self.weights(pass.mode);
        linear(x, weight, bias)
    }

    /// A chain of layers (there is no activation between them) as one constant layer.
    pub fn prepare_chain(chain: Vec<Self>) -> Vec<Self> {
        let joined = chain.iter().map(|layer| layer.weights(Mode::Evaluation)).reduce(|(first, offset), (weight, bias)| {
            let width = offset.dims()[0];
            let moved = weight.clone().matmul(offset.reshape([width, 1]));
            let outputs = moved.dims()[0];
            (weight.matmul(first), moved.reshape([outputs]) + bias)
        });
        joined
            .map(|(weight, bias)| Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(bias), norm: None })
            .into_iter()
            .collect()
    }
}
