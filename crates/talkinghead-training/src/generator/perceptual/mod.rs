//! Networks trained to see, whose features tell how alike two pictures look. They are never trained here.

mod layer;
mod onnx;
mod squeeze_net;
mod vgg;

use burn::tensor::Tensor;

pub use squeeze_net::SqueezeNet;
pub use vgg::{VGG_KEYS, Vgg19};

use super::TrainingError;
use crate::Compatibility;

/// A perceptual network.
#[derive(Debug, Clone)]
pub enum PerceptualTrunk {
    /// The published one; its weights are a user's.
    Vgg19(Vgg19),
    /// The one that ships.
    SqueezeNet(SqueezeNet),
}

/// Features of a real picture: constants.
#[derive(Debug, Clone)]
pub struct PerceptualTarget {
    features: Vec<Tensor<4>>,
}

impl PerceptualTrunk {
    /// Features of real pictures `[batch, 3, H, W]`, -1..1, without gradients.
    ///
    /// # Errors
    /// Pictures of another shape, or too small.
    pub fn target(&self, real: Tensor<4>, compatibility: Compatibility) -> Result<PerceptualTarget, TrainingError> {
        Ok(PerceptualTarget { features: self.features(real.without_autodiff(), compatibility)? })
    }

    /// How unlike the real ones pictures `[batch, 3, H, W]`, -1..1, look; a scalar.
    ///
    /// # Errors
    /// Pictures of another shape.
    pub fn distance(
        &self,
        pictures: Tensor<4>,
        target: &PerceptualTarget,
        compatibility: Compatibility,
    ) -> Result<Tensor<1>, TrainingError> {
        let terms = self.distances(pictures, target, compatibility)?.into_iter();
        terms.reduce(|a, b| a + b).ok_or_else(|| TrainingError::Trunk("a network without layers".into()))
    }

    /// The same by feature.
    pub(super) fn distances(
        &self,
        pictures: Tensor<4>,
        target: &PerceptualTarget,
        compatibility: Compatibility,
    ) -> Result<Vec<Tensor<1>>, TrainingError> {
        let features = self.features(pictures, compatibility)?.into_iter().zip(&target.features).enumerate();
        Ok(features.map(|(index, (found, wanted))| self.term(index, found, wanted.clone())).collect())
    }

    pub(super) fn features(&self, pictures: Tensor<4>, compatibility: Compatibility) -> Result<Vec<Tensor<4>>, TrainingError> {
        match self {
            Self::Vgg19(vgg) => vgg.features(pictures, compatibility),
            Self::SqueezeNet(squeeze_net) => squeeze_net.features(pictures),
        }
    }

    fn term(&self, index: usize, found: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
        // A constant beside gradients needs the same kind of tensor.
        let wanted = if found.is_autodiff() { wanted.autodiff() } else { wanted };
        match self {
            Self::Vgg19(_) => vgg::term(index, found, wanted),
            Self::SqueezeNet(_) => squeeze_net::term(found, wanted),
        }
    }
}
