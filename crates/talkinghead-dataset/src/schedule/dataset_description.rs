//! `dataset.json`: what a run was asked.

use serde::{Deserialize, Serialize};

use crate::clip::ClipSettings;
use crate::rejection::Rejection;

/// Name of the description in the output.
pub(crate) const DATASET: &str = "dataset.json";

/// What `dataset.json` holds: what the run was asked, and what of the corpus could not even be listed. Every shard of a run
/// writes the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetDescription {
    /// Always `talkinghead-dataset/1`.
    pub format: String,
    /// Settings of the clips.
    pub settings: ClipSettings,
    /// Sources in the corpus, all shards together.
    pub sources: usize,
    /// What was passed over when listing.
    pub problems: Vec<Rejection>,
}
