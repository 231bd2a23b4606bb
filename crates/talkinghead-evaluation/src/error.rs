//! The one error type of this crate. A difference is none: see [`crate::golden::Report`].

use std::path::{Path, PathBuf};

use talkinghead_face::FaceError;
use talkinghead_formats::FormatError;
use talkinghead_media::MediaError;
use talkinghead_motion::MotionError;
use talkinghead_speech::SpeechError;
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
    /// A list of pairs or a suite is not what it should be.
    #[error("{}: {reason}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong: what was wanted, what was found.
        reason: String,
    },
    /// Something that is measured is a picture or sound alone.
    #[error("{} is no video", path.display())]
    NotAVideo {
        /// The file.
        path: PathBuf,
    },
    /// A file of pictures or sound.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The sound of a video.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The motion of a video.
    #[error(transparent)]
    Motion(#[from] MotionError),
    /// Landmarks of a folder, or a face network.
    #[error(transparent)]
    Landmarks(#[from] FaceError),
    /// The face of a video.
    #[error("{}: {source}", path.display())]
    Face {
        /// The file.
        path: PathBuf,
        /// Why there is none.
        source: FaceError,
    },
    /// A file of weights is not that of the network that is wanted.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong: the first tensor that is missing or of another shape.
        reason: String,
    },
    /// A network failed whose weights had been taken: a defect.
    #[error("a network of the metrics failed: {reason}")]
    Network {
        /// What the runtime said.
        reason: String,
    },
    /// The network, its weights or its inputs.
    #[cfg(feature = "neural")]
    #[error(transparent)]
    Synthesis(#[from] SynthesisError),
}

impl EvaluationError {
    /// What a person can do about it, without a full stop.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("check that the file is there and may be read".to_owned()),
            Self::Malformed { .. } | Self::Nothing { .. } => {
                Some("`talkinghead verify --help` says what a golden folder holds".to_owned())
            }
            Self::List { .. } => Some("`talkinghead evaluate --help` says what lists and suites hold".to_owned()),
            Self::NotAVideo { .. } => Some("give videos; a picture of the person goes to --reference".to_owned()),
            Self::Media(error) => error.hint(),
            Self::Speech(error) => error.hint(),
            Self::Motion(error) => error.hint(),
            Self::Landmarks(_) => None,
            Self::Face { source: FaceError::NoFace { .. }, .. } => {
                Some("the metrics need one face that can be seen; check that this is the right video".to_owned())
            }
            Self::Face { source: FaceError::NoSuchFace { .. }, .. } => {
                Some("leave out --face, or give a lower number".to_owned())
            }
            Self::Face { .. } => Some("give a video in which the face is larger".to_owned()),
            Self::Weights { .. } => Some("the book's chapter on evaluation says which files these networks come in".to_owned()),
            Self::Network { .. } => Some("this is a defect of the program: please report it".to_owned()),
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
