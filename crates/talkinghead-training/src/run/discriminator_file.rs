//! A discriminator from wherever one is kept.

use std::path::Path;

use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::discriminator::DiscriminatorConfig;
use talkinghead_synthesis::weights::{StateDict, read_weights};

use super::RunError;
use super::export::find_checkpoint;

/// Reads the discriminator of a run's folder (its last checkpoint), of a checkpoint (.json), or of a file of its weights (.pth or .safetensors,
/// the published names).
///
/// # Errors
/// It cannot be read, or holds no discriminator.
pub fn load_discriminator(path: &Path) -> Result<(DiscriminatorConfig, StateDict), RunError> {
    if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
        let (checkpoint, description) = find_checkpoint(path, false)?;
        let weights = checkpoint.state(&description)?.tensors.take_prefixed("discriminator/");
        return Ok((description.recipe.discriminator()?, weights));
    }
    let (weights, _) = read_weights(path).map_err(SynthesisError::from)?;
    let config = DiscriminatorConfig::of_shapes(&weights).ok_or_else(|| {
        SynthesisError::malformed(path, "it holds no discriminator: tensors named `discriminator_0.model0.0.weight` and so on")
    })?;
    Ok((config, weights))
}
