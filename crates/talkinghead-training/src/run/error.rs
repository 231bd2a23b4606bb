//! What can end a training run.

use std::path::PathBuf;

use talkinghead_evaluation::EvaluationError;
use talkinghead_media::MediaError;
use talkinghead_synthesis::SynthesisError;

use crate::distributed::LostRank;
use crate::flow::FlowError;
use crate::generator::TrainingError;
use crate::items::ItemError;
use crate::recipe::RecipeError;

/// Errors of a run. The first line of `Display` says what happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The folder holds a training already.
    #[error("{} holds a training of {steps} steps already", path.display())]
    Exists {
        /// The run's folder.
        path: PathBuf,
        /// Steps of its last checkpoint.
        steps: u64,
    },
    /// There is nothing to go on with.
    #[error("{} holds no checkpoint to resume from", path.display())]
    NoCheckpoint {
        /// The run's folder.
        path: PathBuf,
    },
    /// The folder's training is another one.
    #[error("{} was begun with another configuration: {differences}", path.display())]
    OtherConfiguration {
        /// The run's folder.
        path: PathBuf,
        /// Keys that differ, with both values.
        differences: String,
    },
    /// A file of a run is not what this program writes.
    #[error("{} is no {wanted}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A checkpoint does not fit the networks of its recipe.
    #[error("{} is of another network: {reason}", path.display())]
    OtherNetwork {
        /// The checkpoint.
        path: PathBuf,
        /// Which tensors differ.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A checkpoint could not be written; the one before is as it was.
    #[error("no checkpoint could be written after step {step}: {source}; the last one is of step {last}")]
    Save {
        /// Steps done.
        step: u64,
        /// Steps of the last checkpoint; 0 for none.
        last: u64,
        /// Why.
        source: MediaError,
    },
    /// Processes that are to train together do not find each other, or do not fit.
    #[error("{0}")]
    World(String),
    /// A process that trained together with this one is gone.
    #[error("{lost}; {}", if *saved { format!("the checkpoint of step {step} is written") } else { format!("stopped after step {step}") })]
    LostRank {
        /// Steps done.
        step: u64,
        /// Which, and why.
        lost: LostRank,
        /// Whether this process wrote a checkpoint.
        saved: bool,
    },
    /// Someone asked to stop. A checkpoint was written.
    #[error("stopped after step {step}; the checkpoint is written")]
    Stopped {
        /// Steps done.
        step: u64,
    },
    /// Data.
    #[error(transparent)]
    Items(#[from] ItemError),
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The flow teacher.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// A step.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// Networks.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// Scores.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// Files.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl RunError {
    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Items(error) => return error.hint(),
            Self::Recipe(error) => return error.hint(),
            Self::Flow(error) => return error.hint(),
            Self::Training(error) => return error.hint(),
            Self::Network(error) => return error.hint(),
            Self::Evaluation(error) => return error.hint(),
            Self::Media(error) => return error.hint(),
            Self::Exists { .. } => "go on with it (--resume), or name another folder with --run",
            Self::NoCheckpoint { .. } => "leave --resume out to begin, or name the run's folder with --run",
            Self::OtherConfiguration { .. } => {
                "leave out the recipe and the flags that differ: a resumed run keeps its own; or name another folder with --run"
            }
            Self::Malformed { .. } => "take the damaged file away: the checkpoint before it is used then",
            Self::OtherNetwork { .. } => {
                "checkpoints belong to the run that wrote them: put back the run's own, or begin anew in another folder"
            }
            Self::File { action: "write", .. } => "choose a folder that you may write to, with space left",
            Self::File { .. } => "check the path and its permissions",
            Self::Save { .. } => "make room on the disk (or lower --keep) and go on with --resume",
            Self::World(_) => {
                "all ranks need the same recipe, clips and program, and RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT as torchrun sets them"
            }
            Self::LostRank { .. } => "start all ranks again, with --resume",
            Self::Stopped { .. } => "go on with the same command and --resume",
        };
        Some(hint.to_owned())
    }
}
