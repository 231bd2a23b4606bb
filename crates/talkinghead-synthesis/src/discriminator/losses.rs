//! Adversarial and feature-matching losses on the discriminator's outputs.

use burn::tensor::activation::relu;
use burn::tensor::{ElementConversion, Tensor};

use super::Features;
use crate::error::SynthesisError;

/// Form of the adversarial loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GanLoss {
    /// Hinge; as published, the generator's loss has the discriminator's form.
    Hinge,
    /// Squared distance to 1 and 0.
    LeastSquares,
    /// Binary cross-entropy with logits.
    CrossEntropy,
}

impl GanLoss {
    /// From the option `gan_mode`.
    ///
    /// # Errors
    /// Unknown modes.
    pub fn parse(text: &str) -> Result<Self, SynthesisError> {
        match text {
            "hinge" => Ok(Self::Hinge),
            "ls" => Ok(Self::LeastSquares),
            "original" => Ok(Self::CrossEntropy),
            other => Err(SynthesisError::Configuration(format!("gan_mode = {other}: wanted hinge, ls or original"))),
        }
    }

    /// Distance of scores from being judged real (or fake), a scalar.
    pub fn distance(self, score: Tensor<4>, real: bool) -> Tensor<1> {
        let sign = if real { -1.0 } else { 1.0 };
        match self {
            Self::Hinge => relu(score.mul_scalar(sign).add_scalar(1.0)).mean(),
            Self::LeastSquares => {
                let difference = score.sub_scalar(if real { 1.0 } else { 0.0 });
                (difference.clone() * difference).mean()
            }
            Self::CrossEntropy => {
                // log(1 + exp(s)) with s the signed score, without overflow.
                let signed = score.mul_scalar(sign);
                (relu(signed.clone()) + signed.abs().neg().exp().log1p()).mean()
            }
        }
    }
}

/// The four losses that one call of the discriminator yields; each a scalar.
#[derive(Debug, Clone)]
pub struct DiscriminatorLosses {
    /// Real pictures judged fake.
    pub real: Tensor<1>,
    /// Fake pictures judged real.
    pub fake: Tensor<1>,
    /// The generator's adversarial loss.
    pub generator: Tensor<1>,
    /// Feature matching, weighted; zero if its weight is.
    pub feature_matching: Tensor<1>,
}

/// Losses of stacked outputs [fake; real]; `feature_weight` is the option `lambda_feat`.
pub fn losses(features: &Features, gan: GanLoss, feature_weight: f64) -> Option<DiscriminatorLosses> {
    let scales = features.len() as f64;
    let mean = |which: &dyn Fn(&Tensor<4>) -> Tensor<1>| {
        features.iter().filter_map(|scale| scale.last()).map(which).reduce(|a, b| a + b).map(|sum| sum.div_scalar(scales))
    };
    let part = |score: &Tensor<4>, real: bool| {
        let half = score.dims()[0] / 2;
        score.clone().narrow(0, if real { half } else { 0 }, half)
    };
    let real = mean(&|score| gan.distance(part(score, true), true))?;
    let fake = mean(&|score| gan.distance(part(score, false), false))?;
    let generator = mean(&|score| gan.distance(part(score, false), true))?;
    let matching = features
        .iter()
        .flat_map(|scale| scale.split_last().map_or(&[][..], |(_, hidden)| hidden))
        .map(|feature| (part(feature, false) - part(feature, true).detach()).abs().mean())
        .reduce(|a, b| a + b)?;
    Some(DiscriminatorLosses { real, fake, generator, feature_matching: matching.mul_scalar(feature_weight / scales) })
}

/// The number in a scalar tensor.
pub fn scalar(x: &Tensor<1>) -> f64 {
    x.clone().into_scalar::<f32>().elem()
}
