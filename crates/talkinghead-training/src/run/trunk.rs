//! The perceptual network of a recipe.

use burn::tensor::Device;

use super::RunError;
use crate::generator::PerceptualTrunk;
use crate::generator::perceptual::{SqueezeNet, Vgg19};
use crate::recipe::{PerceptualKind, PerceptualSection, RecipeError};

pub(super) fn trunk_of(section: &PerceptualSection, device: &Device) -> Result<Option<PerceptualTrunk>, RunError> {
    match (section.network, &section.weights) {
        (PerceptualKind::None, _) => Ok(None),
        (PerceptualKind::Squeezenet, None) => Ok(Some(PerceptualTrunk::SqueezeNet(SqueezeNet::shipped(device)?))),
        (PerceptualKind::Squeezenet, Some(path)) => Err(RunError::Recipe(RecipeError::Range {
            name: "perceptual.weights",
            value: path.display().to_string(),
            wanted: "none: squeezenet ships with the program; perceptual.network = \"vgg19\" takes weights".to_owned(),
        })),
        (PerceptualKind::Vgg19, Some(path)) => Ok(Some(PerceptualTrunk::Vgg19(Vgg19::open(path, device)?))),
        (PerceptualKind::Vgg19, None) => Err(RunError::Recipe(RecipeError::Range {
            name: "perceptual.weights",
            value: "(nothing)".to_owned(),
            wanted: "torchvision's vgg19 as .pth or .safetensors, or perceptual.network = \"squeezenet\"".to_owned(),
        })),
    }
}
