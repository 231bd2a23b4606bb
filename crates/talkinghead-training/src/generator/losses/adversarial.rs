//! What generator and discriminator want from each other.

use burn::tensor::Tensor;
use talkinghead_synthesis::discriminator::{Features, GanLoss};

use crate::Compatibility;

/// One half of outputs stacked as [fake; real].
fn half(x: &Tensor<4>, real: bool) -> Tensor<4> {
    let batch = x.dims()[0] / 2;
    x.clone().narrow(0, if real { batch } else { 0 }, batch)
}

/// A number for each scale's patch scores, averaged over the scales.
fn over_scales(features: &Features, number: impl Fn(&Tensor<4>) -> Tensor<1>) -> Option<Tensor<1>> {
    let scores = features.iter().filter_map(|scale| scale.last());
    let sum = scores.map(number).reduce(|a, b| a + b)?;
    Some(sum.div_scalar(features.len() as f64))
}

/// The generator's loss on the fakes among stacked outputs. `None` without outputs.
pub fn adversarial(features: &Features, gan: GanLoss, compatibility: Compatibility) -> Option<Tensor<1>> {
    over_scales(features, |score| {
        let fake = half(score, false);
        match (gan, compatibility) {
            (GanLoss::Hinge, Compatibility::Right) => fake.mean().neg(),
            _ => gan.distance(fake, true),
        }
    })
}

/// The discriminator's two losses on stacked outputs: real frames judged fake, fakes judged real. `None` without outputs.
pub fn discriminator_losses(features: &Features, gan: GanLoss) -> Option<[Tensor<1>; 2]> {
    let real = over_scales(features, |score| gan.distance(half(score, true), true))?;
    let fake = over_scales(features, |score| gan.distance(half(score, false), false))?;
    Some([real, fake])
}

/// Absolute distance of the fakes' features from the real ones, which are constants; the patch scores are left out. Summed over layers,
/// averaged over scales. `None` without hidden layers.
pub fn feature_matching(features: &Features) -> Option<Tensor<1>> {
    let hidden = features.iter().flat_map(|scale| scale.split_last().map_or(&[][..], |(_, hidden)| hidden));
    let sum = hidden.map(|layer| (half(layer, false) - half(layer, true).detach()).abs().mean()).reduce(|a, b| a + b)?;
    Some(sum.div_scalar(features.len() as f64))
}
