//! What can go wrong when training the head-motion model.

use std::path::PathBuf;

/// Errors of head-motion training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadMotionTrainingError {
    /// A file or folder could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A recording is not what it should be.
    #[error("{}: {detail}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// There is not enough to learn from.
    #[error("{} holds {seconds:.0} s of usable movement; 60 are needed", path.display())]
    TooLittle {
        /// The folder.
        path: PathBuf,
        /// What there is.
        seconds: f32,
    },
    /// The numbers do not determine a solution.
    #[error("the movements are too few or too alike to learn from")]
    Singular,
}

impl HeadMotionTrainingError {
    /// One line on what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "give a folder with clip folders of `preprocess`, motion tracks (.json) or landmarks (.npy)",
            Self::Recording { .. } => "leave the file out, or make it anew with `talkinghead motion --video` or `preprocess`",
            Self::TooLittle { .. } => "stretches of 6 s and more count; add recordings",
            Self::Singular => "add recordings in which the head moves",
        }
    }
}
