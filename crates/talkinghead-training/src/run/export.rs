//! From a checkpoint to the file that `generate --weights` takes.

use std::path::{Path, PathBuf};

use talkinghead_synthesis::generator::{FlowUpsampling, Generator, GeneratorConfig};
use talkinghead_synthesis::import::metadata_of;
use talkinghead_synthesis::weights::{FloatWidth, StateDict, safetensors_bytes};

use super::fold::fold_spectral_norms;
use super::resumption::last_checkpoint;
use super::{Checkpoint, CheckpointDescription, RunError, RunFolder};

/// Which weights of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedWeights {
    /// The averaged ones where there are some.
    Averaged,
    /// Those of the last step.
    Last,
}

/// What was exported.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Its steps.
    pub step: u64,
    /// The design.
    pub config: GeneratorConfig,
    /// Side of the pictures it learned from, pixels.
    pub side: usize,
    /// Tensors written.
    pub tensors: usize,
    /// Bytes written.
    pub bytes: usize,
    /// Whether averaged weights were written.
    pub averaged: bool,
}

/// The checkpoint that a path names: itself (.json), or the best or last of a run's folder.
pub(super) fn find_checkpoint(path: &Path, best: bool) -> Result<(Checkpoint, CheckpointDescription), RunError> {
    if path.is_file() {
        let path = path.with_extension("json");
        let checkpoint = Checkpoint { path, step: 0 };
        let description = checkpoint.description()?;
        return Ok((Checkpoint { step: description.step, ..checkpoint }, description));
    }
    let folder = RunFolder::new(path);
    let missing = || RunError::NoCheckpoint { path: path.to_owned() };
    let (last, description) = last_checkpoint(&folder, &mut |_| {})?.ok_or_else(missing)?;
    let wanted = description.best.filter(|_| best).map(|best| best.step);
    let Some(step) = wanted.filter(|step| *step != last.step) else { return Ok((last, description)) };
    let found = Checkpoint::all(&folder.checkpoints())?.into_iter().find(|checkpoint| checkpoint.step == step);
    let Some(checkpoint) = found else { return Ok((last, description)) };
    let description = checkpoint.description()?;
    Ok((checkpoint, description))
}

/// Writes the generator of a run (the best checkpoint, or the last) or of a checkpoint, spectral norms folded into the weights.
///
/// # Errors
/// There is no checkpoint, it is damaged or of another network, or the output cannot be written.
pub fn export_generator(
    from: &Path,
    output: &Path,
    best: bool,
    weights: ExportedWeights,
    floats: FloatWidth,
) -> Result<Exported, RunError> {
    let (checkpoint, description) = find_checkpoint(from, best)?;
    let mut tensors = checkpoint.state(&description)?.tensors;
    let mut config = description.recipe.generator()?;
    if tensors.contains_prefix("temporal_discriminator/") {
        config.previous_frames = description.recipe.temporal_windows().generator - 1;
    }
    let mut dict = StateDict::new();
    let mut averaged = false;
    for (key, shape) in Generator::keys(&config)? {
        let average = tensors.take(&format!("average/{key}")).filter(|_| weights == ExportedWeights::Averaged);
        averaged |= average.is_some();
        let found = average.or_else(|| tensors.take(&format!("generator/{key}")));
        let found = found.filter(|tensor| tensor.shape == shape).ok_or_else(|| RunError::OtherNetwork {
            path: checkpoint.path.clone(),
            reason: format!("it lacks `{key}` of shape {shape:?}"),
        })?;
        dict.insert(key, found);
    }
    let mut about = metadata_of(&config);
    about.insert(talkinghead_synthesis::import::SIDE_KEY.to_owned(), description.recipe.data.size.to_string());
    about.insert("talkinghead.program".to_owned(), format!("talkinghead {}", env!("CARGO_PKG_VERSION")));
    about.insert("talkinghead.steps".to_owned(), description.step.to_string());
    let deconvolved = config.flow.upsampling == FlowUpsampling::Transposed;
    let dict = fold_spectral_norms(dict, floats, |key| deconvolved && key.contains(".up_flow."));
    let unwritable = |reason: String| RunError::Malformed { path: output.to_owned(), wanted: "weights file", reason };
    let bytes = safetensors_bytes(&dict, &about, floats).map_err(unwritable)?;
    talkinghead_media::write_file(output, &bytes)?;
    Ok(Exported {
        checkpoint: checkpoint.path,
        step: description.step,
        config,
        side: description.recipe.data.size,
        tensors: dict.len(),
        bytes: bytes.len(),
        averaged,
    })
}
