//! Batch and instance normalisation as PyTorch has them.

use std::sync::Arc;

use burn::module::{Module, Param, RunningState};
use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm, batch_norm_train};
use talkinghead_kernels::burn::{is_on_processor, is_plain};
use talkinghead_kernels::{Activation, KernelError};

use super::{Mode, Pass, SLOPE, host_values, lrelu, operation};
use crate::weights::WeightBuilder;

pub(crate) const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// Which normalisation a part of the network uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormalisationKind {
    /// Over batch and positions, with running statistics.
    Batch,
    /// Over positions, per sample; no weights, no statistics.
    Instance,
}

/// Weight and bias per channel.
#[derive(Module, Debug)]
pub struct Affine {
    /// `[channels]`.
    weight: Param<Tensor<1>>,
    /// `[channels]`.
    bias: Param<Tensor<1>>,
}

/// Running mean and variance per channel.
#[derive(Module, Debug)]
pub struct Statistics {
    /// `[channels]`.
    mean: RunningState<Tensor<1>>,
    /// `[channels]`.
    variance: RunningState<Tensor<1>>,
}

/// A normalisation layer: batch (with statistics), instance (without anything), or one absorbed by its neighbour.
#[derive(Module, Debug)]
pub struct Normalisation {
    affine: Option<Affine>,
    statistics: Option<Statistics>,
    absorbed: bool,
    /// Scale and shift per channel of a constant layer on the processor.
    #[module(skip)]
    constant: Option<Arc<[Vec<f32>; 2]>>,
}

impl Normalisation {
    /// Batch normalisation with weight and bias takes `KEY.{weight,bias,running_mean,running_var}`; instance takes nothing.
    pub fn affine(builder: &mut WeightBuilder, key: &str, kind: NormalisationKind, channels: usize) -> Self {
        let affine = (kind == NormalisationKind::Batch).then(|| Affine {
            weight: builder.parameter(&format!("{key}.weight"), [channels]),
            bias: builder.parameter(&format!("{key}.bias"), [channels]),
        });
        Self { affine, ..Self::plain(builder, key, kind, channels) }
    }

    /// The same without weight and bias.
    pub fn plain(builder: &mut WeightBuilder, key: &str, kind: NormalisationKind, channels: usize) -> Self {
        let statistics = (kind == NormalisationKind::Batch).then(|| {
            let mean = builder.buffer(&format!("{key}.running_mean"), channels);
            let variance = builder.buffer(&format!("{key}.running_var"), channels);
            builder.counter(&format!("{key}.num_batches_tracked"));
            Statistics { mean, variance }
        });
        Self { affine: None, statistics, absorbed: false, constant: None }
    }

    /// # Shapes
    /// [batch, channels, height, width] -> the same.
    ///
    /// # Errors
    /// Features of another shape.
    pub fn forward(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        if self.absorbed {
            return Ok(x);
        }
        if let Some(constant) = &self.constant {
            return Self::run(constant, x, Activation::Identity);
        }
        self.forward_sloped(x, 1.0, pass)
    }

    /// With a leaky ReLU of that slope behind it, 1 for none.
    fn forward_sloped(&self, x: Tensor<4>, slope: f32, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        let Some(statistics) = &self.statistics else { return instance_norm(x, slope) };
        let [batch, channels, height, width] = x.dims();
        let device = x.device();
        let (weight, bias) = match &self.affine {
            Some(affine) => (affine.weight.val(), affine.bias.val()),
            None => (Tensor::ones([channels], &device), Tensor::zeros([channels], &device)),
        };
        if pass.mode == Mode::Evaluation {
            let (mean, variance) = (statistics.mean.value_sync(), statistics.variance.value_sync());
            return Ok(sloped(batch_norm(x, weight, bias, mean, variance, EPSILON), slope));
        }
        let count = batch * height * width;
        if is_on_processor(&x) {
            let fused = || talkinghead_kernels::burn::batch_norm(x.clone(), weight.clone(), bias.clone(), EPSILON as f32, slope);
            if let Some(normed) = operation("norm and activation, batch statistics", 0, fused)? {
                statistics.advance(normed.mean, normed.variance, count);
                return Ok(normed.output);
            }
        }
        let result = batch_norm_train(x, weight, bias, EPSILON);
        statistics.advance(result.mean, result.variance, count);
        Ok(sloped(result.output, slope))
    }

    /// The same and a leaky ReLU.
    ///
    /// # Errors
    /// As [`Normalisation::forward`].
    pub fn forward_activated(&self, x: Tensor<4>, pass: &mut Pass) -> Result<Tensor<4>, KernelError> {
        match &self.constant {
            Some(constant) => Self::run(constant, x, Activation::LeakyRelu(SLOPE)),
            None if self.absorbed => Ok(lrelu(x)),
            None => self.forward_sloped(x, SLOPE, pass),
        }
    }

    /// Takes statistics of a batch for a pass in training mode: mean and biased variance over so many numbers for each channel. Nothing
    /// happens to a layer without statistics.
    pub fn advance(&self, mean: Tensor<1>, variance: Tensor<1>, count: usize) {
        if let Some(statistics) = &self.statistics {
            statistics.advance(mean, variance, count);
        }
    }

    /// Whether it is a batch normalisation without weight and bias.
    pub fn is_plain_batch(&self) -> bool {
        self.statistics.is_some() && self.affine.is_none() && !self.absorbed && self.constant.is_none()
    }

    fn run(constant: &[Vec<f32>; 2], x: Tensor<4>, activation: Activation) -> Result<Tensor<4>, KernelError> {
        let [scale, shift] = constant;
        let scale_and_shift = || talkinghead_kernels::burn::scale_and_shift(x.inner(), scale, shift, activation);
        operation("norm and activation", 0, scale_and_shift)
    }

    /// Whether a neighbour does its work.
    pub fn is_absorbed(&self) -> bool {
        self.absorbed
    }

    /// For inference: batch statistics, weight and bias as one scale and shift, on the processor.
    pub fn prepare(self) -> Self {
        let constant = self.constant();
        Self { constant: constant.map(Arc::new), ..self }
    }

    /// Scale and shift per channel on the processor; `None` for instance normalisation and on other devices.
    pub fn constant(&self) -> Option<[Vec<f32>; 2]> {
        let (scale, shift) = self.scale_and_shift().filter(|(scale, _)| is_plain(scale))?;
        Some([host_values(scale), host_values(shift)])
    }

    /// `(scale, shift)` with which evaluation is `x * scale + shift`; `None` for instance normalisation.
    pub fn scale_and_shift(&self) -> Option<(Tensor<1>, Tensor<1>)> {
        let statistics = self.statistics.as_ref().filter(|_| !self.absorbed)?;
        let (mean, variance) = (statistics.mean.value_sync(), statistics.variance.value_sync());
        let deviation = variance.add_scalar(EPSILON).sqrt();
        let (weight, bias) = match &self.affine {
            Some(affine) => (affine.weight.val(), affine.bias.val()),
            None => (Tensor::ones_like(&mean), Tensor::zeros_like(&mean)),
        };
        let scale = weight / deviation;
        let shift = bias - mean * scale.clone();
        Some((scale, shift))
    }

    /// A layer that does nothing because its neighbour does its work.
    pub fn absorbed() -> Self {
        Self { affine: None, statistics: None, absorbed: true, constant: None }
    }
}

impl Statistics {
    fn advance(&self, mean: Tensor<1>, variance: Tensor<1>, count: usize) {
        let count = count as f64;
        let unbiased = variance.mul_scalar(count / (count - 1.0).max(1.0));
        advance(&self.mean, mean);
        advance(&self.variance, unbiased);
    }
}

fn sloped(x: Tensor<4>, slope: f32) -> Tensor<4> {
    if slope == 1.0 { x } else { burn::tensor::activation::leaky_relu(x, f64::from(slope)) }
}

/// Every plane normalised by itself, then a leaky ReLU of that slope.
fn instance_norm(x: Tensor<4>, slope: f32) -> Result<Tensor<4>, KernelError> {
    if is_on_processor(&x) {
        let fused = || talkinghead_kernels::burn::instance_norm(x, EPSILON as f32, slope);
        return operation("norm and activation, instance statistics", 0, fused);
    }
    let ([batch, channels, height, width], device) = (x.dims(), x.device());
    let planes = batch * channels;
    let (ones, zeros) = (Tensor::ones([planes], &device), Tensor::zeros([planes], &device));
    let x = x.reshape([1, planes, height, width]);
    Ok(sloped(batch_norm_train(x, ones, zeros, EPSILON).output.reshape([batch, channels, height, width]), slope))
}

fn advance(state: &RunningState<Tensor<1>>, new: Tensor<1>) {
    let old = state.value_sync();
    state.update(old.mul_scalar(1.0 - MOMENTUM) + new.detach().mul_scalar(MOMENTUM));
    // A value is only visible to others after a synchronising read.
    state.value_sync();
}
