//! How clips are divided and listed.

use serde::{Deserialize, Serialize};

/// How clips are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One folder a clip.
    Folders,
    /// The folders, and tar shards of them made by the merge.
    Webdataset,
}

/// Settings of the merge: how clips are divided and listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeSettings {
    /// Decides which identities fall to which split.
    pub seed: u64,
    /// Share of identities for validation.
    pub validation_share: f64,
    /// Share of identities for testing, where the corpus has no official test part.
    pub test_share: f64,
    /// Storage.
    pub format: Format,
    /// Clips in a tar shard.
    pub clips_per_shard: usize,
}

impl Default for MergeSettings {
    fn default() -> Self {
        Self { seed: 0, validation_share: 0.1, test_share: 0.1, format: Format::Folders, clips_per_shard: 1000 }
    }
}
