//! What can go wrong when training the expression model.

use std::path::PathBuf;

use talkinghead_motion::expression::TensorFileError;

/// Errors of expression training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionTrainingError {
    /// The corpus' index cannot be used.
    #[error("cannot use {}: {detail}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The folder is no corpus.
    #[error("{} holds neither an index.csv nor clips of `talkinghead preprocess`", path.display())]
    NoCorpus {
        /// The folder.
        path: PathBuf,
    },
    /// A clip folder or its manifest could not be read.
    #[error("{0}")]
    Dataset(#[from] talkinghead_dataset::DatasetError),
    /// The corpus holds nothing to learn from.
    #[error("the corpus holds no {0}")]
    Nothing(&'static str),
    /// A recording that should teach is not in the training split.
    #[error("{0} is no row of the index with split `train`")]
    NotInTraining(String),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A recording could not be read.
    #[error("{}: {source}", path.display())]
    Speech {
        /// The recording.
        path: PathBuf,
        /// The reason.
        source: talkinghead_speech::SpeechError,
    },
    /// A recording could not be read.
    #[error("{}: {source}", path.display())]
    Media {
        /// The recording.
        path: PathBuf,
        /// The reason.
        source: talkinghead_media::MediaError,
    },
    /// No face could be followed.
    #[error("{}: {source}", path.display())]
    Face {
        /// The recording.
        path: PathBuf,
        /// The reason.
        source: talkinghead_face::FaceError,
    },
    /// A file of tensors is broken.
    #[error("{0}")]
    Tensors(#[from] TensorFileError),
    /// The numbers do not determine a solution.
    #[error("cannot solve for {0}: the examples are too few or too alike")]
    Singular(&'static str),
}

impl ExpressionTrainingError {
    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Index { .. } => {
                Some("the folder must hold an index.csv with the columns file, kind, identity, split, sync, licence".into())
            }
            Self::NoCorpus { .. } => {
                Some("make clips of your recordings with `talkinghead preprocess` (tar shards have to be unpacked)".into())
            }
            Self::Dataset(_) => Some("is it the output of `talkinghead preprocess`?".into()),
            Self::Nothing(_) => Some(
                "rows must have split `train` and licence `redistributable` to teach; clip folders need sound and split `train`"
                    .into(),
            ),
            Self::NotInTraining(_) => Some("write it as in the column `file`; rows of other splits never teach".into()),
            Self::Media { source, .. } => source.hint().map(|hint| hint.to_string()),
            Self::Speech { source, .. } => source.hint(),
            Self::Face { source, .. } => source.hint(),
            Self::Tensors(_) => Some("delete the cache folder and start again".into()),
            Self::File { .. } | Self::Singular(_) => None,
        }
    }
}
