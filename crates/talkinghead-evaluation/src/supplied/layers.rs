//! Layers that hold weights.

use talkinghead_kernels::{Activation, Convolution, Epilogue, Geometry, InstructionSet, KernelError, Method};

use super::feature_map::FeatureMap;
use super::weights::Weights;
use crate::EvaluationError;

/// A convolution with what follows it.
#[derive(Debug)]
pub(super) struct ConvolutionLayer {
    convolution: Convolution,
    bias: Vec<f32>,
    activation: Activation,
}

/// What stands behind a convolution in a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Followed<'a> {
    /// A bias, `KEY.bias`.
    Bias,
    /// Nothing; a batch normalisation of that name and epsilon, which is folded into it.
    Norm(&'a str, f32),
    /// A bias, then a batch normalisation.
    BiasAndNorm(&'a str, f32),
}

/// A batch normalisation at rest: `x * scale + shift` of every channel.
#[derive(Debug)]
pub(super) struct Norm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Norm {
    /// Reads `KEY.weight`, `KEY.bias`, `KEY.running_mean`, `KEY.running_var`.
    pub fn read(weights: &mut Weights, key: &str, channels: usize, epsilon: f32) -> Result<Self, EvaluationError> {
        let mut part = |name: &str| weights.take(&format!("{key}.{name}"), &[channels]);
        let (weight, bias, mean, variance) = (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
        let scale: Vec<f32> = weight.iter().zip(&variance).map(|(w, v)| w / (v + epsilon).sqrt()).collect();
        if let Some(channel) = scale.iter().position(|scale| !scale.is_finite()) {
            return Err(weights.wrong(format!("`{key}.running_var` of channel {channel} is no variance")));
        }
        let shift = bias.iter().zip(&mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Ok(Self { scale, shift })
    }
}

impl ConvolutionLayer {
    /// Reads `KEY.weight` `[output, input, kh, kw]` and what follows.
    pub fn read(
        weights: &mut Weights,
        key: &str,
        geometry: Geometry,
        followed: Followed<'_>,
        activation: Activation,
    ) -> Result<Self, EvaluationError> {
        let values = weights.take(&format!("{key}.weight"), &geometry.weight_shape())?;
        Self::of(weights, key, values, geometry, followed, activation)
    }

    /// The same of weights that were read already.
    pub fn of(
        weights: &mut Weights,
        key: &str,
        mut values: Vec<f32>,
        geometry: Geometry,
        followed: Followed<'_>,
        activation: Activation,
    ) -> Result<Self, EvaluationError> {
        let outputs = geometry.output;
        let mut bias = match followed {
            Followed::Norm(..) => vec![0.0; outputs],
            Followed::Bias | Followed::BiasAndNorm(..) => weights.take(&format!("{key}.bias"), &[outputs])?,
        };
        if let Followed::Norm(norm, epsilon) | Followed::BiasAndNorm(norm, epsilon) = followed {
            let norm = Norm::read(weights, norm, outputs, epsilon)?;
            let each = values.len() / outputs.max(1);
            values.chunks_exact_mut(each.max(1)).zip(&norm.scale).for_each(|(kernel, s)| kernel.iter_mut().for_each(|w| *w *= s));
            bias.iter_mut().zip(&norm.scale).zip(&norm.shift).for_each(|((b, scale), shift)| *b = *b * scale + shift);
        }
        let convolution =
            Convolution::new(geometry, values, InstructionSet::chosen_or_fastest(), Method::Fast).map_err(failed)?;
        Ok(Self { convolution, bias, activation })
    }

    /// Convolves.
    pub fn forward(&self, map: &FeatureMap) -> Result<FeatureMap, EvaluationError> {
        let size = [map.height, map.width];
        let [height, width] = self.convolution.geometry().output_size(size).map_err(failed)?;
        let channels = self.convolution.geometry().output;
        let mut values = vec![0.0; channels * height * width];
        let epilogue = Epilogue { bias: Some(&self.bias), activation: self.activation, residual: None };
        self.convolution.forward(&map.values, 1, size, epilogue, &mut values).map_err(failed)?;
        Ok(FeatureMap { channels, height, width, values })
    }
}

/// Every output a weighted sum of all inputs.
#[derive(Debug)]
pub(super) struct LinearLayer {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl LinearLayer {
    /// Reads `KEY.weight` `[outputs, inputs]` and `KEY.bias`; a batch normalisation behind it is folded into it.
    pub fn read(
        weights: &mut Weights,
        key: &str,
        [outputs, inputs]: [usize; 2],
        norm: Option<(&str, f32)>,
    ) -> Result<Self, EvaluationError> {
        let mut weight = weights.take(&format!("{key}.weight"), &[outputs, inputs])?;
        let mut bias = weights.take(&format!("{key}.bias"), &[outputs])?;
        if let Some((norm, epsilon)) = norm {
            let norm = Norm::read(weights, norm, outputs, epsilon)?;
            weight.chunks_exact_mut(inputs).zip(&norm.scale).for_each(|(row, s)| row.iter_mut().for_each(|w| *w *= s));
            bias.iter_mut().zip(&norm.scale).zip(&norm.shift).for_each(|((b, scale), shift)| *b = *b * scale + shift);
        }
        Ok(Self { weight, bias })
    }

    /// Applies it to as many inputs as it has.
    pub fn forward(&self, inputs: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(inputs.len().max(1));
        rows.zip(&self.bias).map(|(row, bias)| bias + row.iter().zip(inputs).map(|(w, x)| w * x).sum::<f32>()).collect()
    }
}

/// A convolution that does not fit its input; sizes are fixed, so this is a defect.
pub(super) fn failed(error: KernelError) -> EvaluationError {
    EvaluationError::Network { reason: error.to_string() }
}

pub(super) const RELU: Activation = Activation::LeakyRelu(0.0);
