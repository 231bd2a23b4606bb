//! What can go wrong in the main job, each with a word on what to do.

use std::path::{Path, PathBuf};

use talkinghead_face::FaceError;
use talkinghead_media::MediaError;
use talkinghead_motion::MotionError;
use talkinghead_render::{FrameError, RenderError};
use talkinghead_simd::{InstructionSetError, KERNELS_VARIABLE};
use talkinghead_speech::SpeechError;
#[cfg(feature = "neural")]
use talkinghead_synthesis::{FormatError, SynthesisError};

/// Errors of a generation. `Display` is one line; [`GenerationError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerationError {
    /// A file could not be read or written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The face of a reference or of a driving video.
    #[error("{}: {source}", path.display())]
    Face {
        /// The picture or video.
        path: PathBuf,
        /// What is wrong with it.
        source: FaceError,
    },
    /// The recording could not be analysed.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The motion track.
    #[error(transparent)]
    Motion(#[from] MotionError),
    /// A portrait cannot be animated.
    #[error("{}: {source}", path.display())]
    Portrait {
        /// The picture or video.
        path: PathBuf,
        /// What is wrong with it.
        source: RenderError,
    },
    /// A frame could not be made.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The neural generator cannot be used.
    #[cfg(feature = "neural")]
    #[error(transparent)]
    Synthesis(#[from] SynthesisError),
    /// An option makes no sense, or two do not fit each other.
    #[error("{message}")]
    Option {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The caller's [`crate::Cancellation`] was used.
    #[error("interrupted")]
    Cancelled,
}

impl From<InstructionSetError> for GenerationError {
    fn from(error: InstructionSetError) -> Self {
        let hint = format!("leave {KERNELS_VARIABLE} unset; `talkinghead doctor` names the instructions in use");
        Self::option(error.to_string(), hint)
    }
}

#[cfg(feature = "neural")]
impl From<FormatError> for GenerationError {
    fn from(error: FormatError) -> Self {
        Self::Synthesis(error.into())
    }
}

impl GenerationError {
    /// What a person can do about it; `None` when the message says it all.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Media(error) => error.hint(),
            Self::Face { source, .. } => source.hint(),
            Self::Speech(error) => error.hint(),
            Self::Motion(error) => error.hint(),
            Self::Portrait { .. } => {
                Some("use a picture in which the whole face is visible and at least 30 pixels wide".to_owned())
            }
            Self::Frame(error) => error.hint().map(str::to_owned),
            #[cfg(feature = "neural")]
            Self::Synthesis(error) => error.hint(),
            Self::Option { hint, .. } => Some(hint.clone()),
            Self::Cancelled => Some("nothing was left behind; run the same command again to start over".to_owned()),
        }
    }

    pub(crate) fn face(path: &Path) -> impl Fn(FaceError) -> Self {
        move |source| Self::Face { path: path.to_owned(), source }
    }

    pub(crate) fn option(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Option { message: message.into(), hint: hint.into() }
    }
}
