//! The manifest: every clip in a line.

use serde::{Deserialize, Serialize};

use super::splits::Split;
use crate::clip::{ClipDescription, PoseRange};
use crate::corpus::OfficialSplit;
use crate::error::DatasetError;
use crate::quality::Quality;
use crate::schedule::CLIPS;

/// One line of `manifest.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// Name of the clip.
    pub clip: String,
    /// Its folder in the output.
    pub folder: String,
    /// The tar shard that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The corpus.
    pub dataset: String,
    /// Who speaks: from the corpus, or `person-00001` and so on from comparing faces.
    pub identity: String,
    /// Whether to train, validate or test with it.
    pub split: Split,
    /// Official part of the corpus.
    pub official_split: Option<OfficialSplit>,
    /// Acted emotion.
    pub emotion: Option<String>,
    /// Frames at 25 frames/s.
    pub frames: usize,
    /// Seconds.
    pub seconds: f64,
    /// The video it comes from.
    pub source: String,
    /// First frame in it.
    pub first_frame: usize,
    /// The frame whose head is turned least.
    pub key_frame: usize,
    /// What is said.
    pub transcript: Option<String>,
    /// By how much the sound was moved to earlier times, milliseconds.
    pub sound_moved_ms: f64,
    /// Correlation of lips and sound at the best shift.
    pub sync: f64,
    /// Measured quality.
    pub quality: Quality,
    /// Head pose, degrees.
    pub pose: PoseRange,
}

impl ManifestRow {
    pub(crate) fn new(clip: &ClipDescription, identity: &str, split: Split) -> Self {
        Self {
            clip: clip.clip.clone(),
            folder: format!("{CLIPS}/{}", clip.clip),
            shard: None,
            dataset: clip.dataset.clone(),
            identity: identity.to_owned(),
            split,
            official_split: clip.official_split,
            emotion: clip.emotion.clone(),
            frames: clip.frames,
            seconds: clip.frames as f64 / f64::from(clip.frame_rate.max(1)),
            source: clip.source.clone(),
            first_frame: clip.first_frame,
            key_frame: clip.key_frame,
            transcript: clip.transcript.clone(),
            sound_moved_ms: clip.sync.moved_ms,
            sync: clip.sync.found.correlation,
            quality: clip.quality.clone(),
            pose: clip.pose,
        }
    }
}

/// The rows of a `manifest.jsonl`.
///
/// # Errors
/// A line is no row; its number is named.
pub fn read_manifest(bytes: &[u8]) -> Result<Vec<ManifestRow>, DatasetError> {
    let lines = bytes.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| DatasetError::Malformed {
                file: "the manifest".to_owned(),
                detail: format!("line {}: {error}", number + 1),
            })
        })
        .collect()
}
