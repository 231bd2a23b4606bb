//! What can go wrong with a flow teacher.

use std::path::PathBuf;

use talkinghead_kernels::KernelError;
use talkinghead_media::MediaError;
use talkinghead_synthesis::SynthesisError;

/// Errors of flow teachers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// A network, its weights or the pictures.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// A network without weights.
    #[error("the flow teacher {teacher} needs its public weights")]
    NoWeights {
        /// Its name.
        teacher: &'static str,
    },
    /// The teacher that follows the tracked mesh was given no landmarks.
    #[error("the flow of the tracked mesh needs the landmarks of {wanted} pairs of pictures, found those of {found}")]
    Landmarks {
        /// Pairs of pictures.
        wanted: usize,
        /// Pairs of landmarks.
        found: usize,
    },
    /// A file in the cache is not a flow of these pictures.
    #[error("{}: {reason}", path.display())]
    Cache {
        /// The file.
        path: PathBuf,
        /// What is wrong: what was wanted, what was found.
        reason: String,
    },
    /// The cache cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The cache cannot be written.
    #[error(transparent)]
    Output(#[from] MediaError),
}

impl FlowError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Network(error) => error.hint(),
            Self::NoWeights { .. } => {
                Some("give the file of weights, or choose a teacher that needs none: mesh or classical".into())
            }
            Self::Landmarks { .. } => {
                Some("train on clip folders of `talkinghead preprocess`, or choose another flow teacher".into())
            }
            Self::Cache { .. } => Some("delete the file: it is made anew".into()),
            Self::Io { .. } => Some("check that the folder exists and may be read and written".into()),
            Self::Output(error) => error.hint(),
        }
    }
}

impl From<KernelError> for FlowError {
    fn from(error: KernelError) -> Self {
        Self::Network(error.into())
    }
}
