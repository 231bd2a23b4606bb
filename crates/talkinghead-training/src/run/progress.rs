//! What a run tells while it goes on.

use std::path::PathBuf;

use super::validation::Scores;
use crate::generator::StepReport;

/// Something happened.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// Training begins or goes on.
    Begins {
        /// Steps done.
        step: u64,
        /// Steps in all.
        steps: u64,
        /// Clips that teach.
        clips: usize,
        /// Values that the generator learns.
        parameters: usize,
    },
    /// A step is done.
    Step {
        /// What it said.
        report: StepReport,
        /// Epoch, counted from 1.
        epoch: u64,
        /// Epochs in all.
        epochs: u64,
        /// Steps in all.
        steps: u64,
        /// Steps per second, lately.
        steps_per_second: f64,
    },
    /// Frames were judged.
    Validated {
        /// Steps done.
        step: u64,
        /// How.
        scores: Scores,
        /// Whether they are the best so far.
        best: bool,
    },
    /// A checkpoint was written.
    Saved {
        /// Steps done.
        step: u64,
        /// Its description.
        path: PathBuf,
    },
    /// Something a person may want to know; training goes on.
    Warning(String),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Steps done in all.
    pub steps: u64,
    /// The last checkpoint's description.
    pub checkpoint: PathBuf,
    /// The best validation, and the steps it came after.
    pub best: Option<(u64, Scores)>,
    /// Items that were passed over because they could not be read.
    pub skipped: u64,
}
