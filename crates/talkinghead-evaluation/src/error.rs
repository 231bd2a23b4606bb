//! The one error type of this crate. A difference is none: see [`crate::golden::Report`].

use std::path::{Path, PathBuf};

use talkinghead_face::FaceError;
use talkinghead_formats::FormatError;
use talkinghead_media::MediaError;
#[cfg(feature = "neural")]
use talkinghead_synthesis::SynthesisError;

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file's content is not what the folder's layout demands.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong: what was wanted, what was found.
        reason: String,
    },
    /// The folder has nothing to compare with.
    #[error("{} holds nothing that can be compared", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// A picture of the folder.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Landmarks of the folder.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The network, its weights or its inputs.
    #[cfg(feature = "neural")]
    #[error(transparent)]
    Synthesis(#[from] SynthesisError),
}

impl EvaluationError {
    /// What a person can do about it, without a full stop.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("check that the folder holds the file and that it may be read".to_owned()),
            Self::Malformed { .. } | Self::Nothing { .. } => {
                Some("`talkinghead verify --help` says what a golden folder holds".to_owned())
            }
            Self::Media(error) => error.hint(),
            Self::Face(_) => None,
            #[cfg(feature = "neural")]
            Self::Synthesis(error) => error.hint(),
        }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), reason: reason.into() }
    }
}

impl From<FormatError> for EvaluationError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Io { path, source } => Self::Io { path, source },
            FormatError::Malformed { path, reason } => Self::Malformed { path, reason },
            option @ FormatError::Option { .. } => Self::Malformed { path: "options.json".into(), reason: option.to_string() },
        }
    }
}
