//! What can go wrong when listening, each with a word on what to do.

use talkinghead_media::MediaError;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The recording could not be read.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The recording holds no samples at all.
    #[error("the recording is empty")]
    Empty,
    /// The phoneme network could not be loaded or run; its file is part of the program, so this is a defect.
    #[error("the phoneme network failed: {reason}")]
    Network {
        /// What the runtime said.
        reason: String,
    },
}

impl SpeechError {
    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Media(error) => error.hint().map(|hint| hint.to_string()),
            Self::Empty => Some("give a recording of at least a tenth of a second".into()),
            Self::Network { .. } => Some("this is a defect of the program: please report it".into()),
        }
    }

    pub(crate) fn network(reason: impl std::fmt::Display) -> Self {
        Self::Network { reason: format!("{reason:#}") }
    }
}

impl From<talkinghead_onnx::OnnxError> for SpeechError {
    fn from(error: talkinghead_onnx::OnnxError) -> Self {
        Self::network(error.reason)
    }
}
