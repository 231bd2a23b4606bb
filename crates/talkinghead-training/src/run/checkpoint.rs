//! Checkpoints: tensors as safetensors, the rest as JSON beside them. A checkpoint is there once its JSON is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use talkinghead_media::{MediaError, write_file};
use talkinghead_synthesis::weights::{FloatWidth, read_safetensors, safetensors_bytes};

use super::RunError;
use super::validation::Scores;
use crate::generator::{LearningRates, TrainerState};
use crate::recipe::Recipe;

/// The best validation so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Steps it came after.
    pub step: u64,
    /// Its scores.
    pub scores: Scores,
}

/// Everything of a checkpoint but its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointDescription {
    /// Always [`CheckpointDescription::FORMAT`].
    pub format: String,
    /// Steps done.
    pub step: u64,
    /// Epoch of the next step, counted from 1.
    pub epoch: u64,
    /// Items used so far: the position in the data. What is random about an item follows from its number and the seed.
    pub items: u64,
    /// Learning rates of generator and discriminator.
    pub rates: [f64; 2],
    /// Items that could not be read so far.
    pub skipped: u64,
    /// The best validation so far.
    pub best: Option<Best>,
    /// The file of tensors.
    pub tensors: String,
    /// Its length, bytes.
    pub bytes: u64,
    /// A word that stands for the clips.
    pub data: String,
    /// The recipe.
    pub recipe: Recipe,
    /// The program that wrote it.
    pub program: String,
}

impl CheckpointDescription {
    /// Name and version of the format.
    pub const FORMAT: &str = "talkinghead-checkpoint/1";
}

/// A checkpoint's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its description.
    pub path: PathBuf,
    /// Steps done.
    pub step: u64,
}

impl Checkpoint {
    /// All of a folder, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be read; one that is not there holds none.
    pub fn all(folder: &Path) -> Result<Vec<Self>, RunError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(RunError::File { action: "read", path: folder.to_owned(), source }),
        };
        let mut found: Vec<Self> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let step = name.strip_prefix("step-")?.strip_suffix(".json")?.parse().ok()?;
                Some(Self { path: entry.path(), step })
            })
            .collect();
        found.sort_by_key(|checkpoint| checkpoint.step);
        Ok(found)
    }

    /// Writes one: tensors first, then the description, each whole or not at all.
    ///
    /// # Errors
    /// The disk is full or may not be written; nothing of an older checkpoint has changed then.
    pub fn write(folder: &Path, mut description: CheckpointDescription, state: &TrainerState) -> Result<Self, MediaError> {
        let step = description.step;
        let name = format!("step-{step:08}.safetensors");
        let (tensors, path) = (folder.join(&name), folder.join(format!("step-{step:08}.json")));
        let unwritable = |reason: String| MediaError::Unwritable { path: tensors.clone(), source: std::io::Error::other(reason) };
        let bytes = safetensors_bytes(&state.tensors, &BTreeMap::new(), FloatWidth::Single).map_err(unwritable)?;
        write_file(&tensors, &bytes)?;
        description.bytes = bytes.len() as u64;
        description.tensors = name;
        let mut text = serde_json::to_vec_pretty(&description).map_err(|error| unwritable(error.to_string()))?;
        text.push(b'\n');
        write_file(&path, &text)?;
        Ok(Self { path, step })
    }

    /// Its description.
    ///
    /// # Errors
    /// It cannot be read or is none.
    pub fn description(&self) -> Result<CheckpointDescription, RunError> {
        let bytes =
            std::fs::read(&self.path).map_err(|source| RunError::File { action: "read", path: self.path.clone(), source })?;
        let malformed = |reason: String| RunError::Malformed { path: self.path.clone(), wanted: "checkpoint", reason };
        let found: CheckpointDescription = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        if found.format != CheckpointDescription::FORMAT {
            return Err(malformed(format!("the format is `{}`, wanted `{}`", found.format, CheckpointDescription::FORMAT)));
        }
        if found.tensors.contains(['/', '\\']) || found.tensors.starts_with('.') {
            return Err(malformed(format!("`{}` is no file beside it", found.tensors)));
        }
        Ok(found)
    }

    /// Its tensors, as the trainer takes them.
    ///
    /// # Errors
    /// They cannot be read, or are cut short.
    pub fn state(&self, description: &CheckpointDescription) -> Result<TrainerState, RunError> {
        let path = self.path.with_file_name(&description.tensors);
        let length = std::fs::metadata(&path).map(|found| found.len());
        let length = length.map_err(|source| RunError::File { action: "read", path: path.clone(), source })?;
        if length != description.bytes {
            let reason = format!("it has {length} bytes, wanted {}", description.bytes);
            return Err(RunError::Malformed { path, wanted: "checkpoint's tensors", reason });
        }
        let (tensors, _) = read_safetensors(&path).map_err(talkinghead_synthesis::SynthesisError::from)?;
        let [generator, discriminator] = description.rates;
        Ok(TrainerState { tensors, steps: description.step, rates: LearningRates { generator, discriminator } })
    }

    /// Removes all but the last `keep` and those of `others`.
    pub fn prune(folder: &Path, keep: usize, others: &[u64]) -> Result<(), RunError> {
        let all = Self::all(folder)?;
        let last = all.len().saturating_sub(keep.max(1));
        for old in all[..last].iter().filter(|old| !others.contains(&old.step)) {
            // The description first: without it the rest is no checkpoint.
            for path in [old.path.clone(), old.path.with_extension("safetensors")] {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(RunError::File { action: "remove", path, source: error });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
