//! How far a run is, and what it did.

use serde::Serialize;

use crate::source::StageSeconds;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreprocessingProgress {
    /// Sources done, those of earlier runs included.
    pub done: usize,
    /// Sources of the shard.
    pub total: usize,
    /// Clips of this run.
    pub clips: usize,
    /// Rejections of this run.
    pub rejected: usize,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunSummary {
    /// Sources of the shard.
    pub sources: usize,
    /// Of these, done by earlier runs.
    pub resumed: usize,
    /// Clips of the shard, earlier runs included.
    pub clips: usize,
    /// Rejections of the shard, earlier runs included; the listing's are not among them.
    pub rejected: usize,
    /// Files and folders that could not be listed.
    pub problems: usize,
    /// Seconds of clips made by this run.
    pub clip_seconds: f64,
    /// Seconds of source video read by this run.
    pub source_seconds: f64,
    /// Seconds this run took.
    pub wall_seconds: f64,
    /// Seconds spent in each stage, summed over all jobs of this run.
    pub stage_seconds: StageSeconds,
}
