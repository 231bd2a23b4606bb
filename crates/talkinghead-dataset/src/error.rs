//! What can end a whole run. What is wrong with one clip is no error but a [`crate::Rejection`].

use std::io::ErrorKind;
use std::path::PathBuf;

use talkinghead_face::FaceError;
use talkinghead_formats::FormatError;
use talkinghead_media::MediaError;

/// An error that ends a run. `Display` is one line; [`DatasetError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or folder of the input or output.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried: `read`, `write`, `list`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The object store refused.
    #[error("the object store failed at {path}: {source}")]
    Store {
        /// The object.
        path: String,
        /// The store's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A location that this build cannot reach.
    #[error("cannot use {address}: {detail}")]
    Address {
        /// The address as given.
        address: String,
        /// Why.
        detail: String,
    },
    /// Settings that make no sense or do not fit the output folder.
    #[error("{0}")]
    Settings(String),
    /// A file that should hold thresholds and does not.
    #[error("{} holds no thresholds: {detail}", path.display())]
    Thresholds {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        detail: String,
    },
    /// A merge of an output in which nothing was preprocessed.
    #[error("{output} holds no {file}, so nothing was preprocessed there")]
    NoRun {
        /// The output.
        output: String,
        /// The file that every run leaves.
        file: &'static str,
    },
    /// A file of ours that does not parse.
    #[error("{file} is not what this program writes: {detail}")]
    Malformed {
        /// The file.
        file: String,
        /// What the parser said.
        detail: String,
    },
    /// Nothing in the input looks like the corpus.
    #[error("no clips of the data set `{dataset}` were found in {input}")]
    NothingFound {
        /// The data set's name.
        dataset: String,
        /// Where was looked.
        input: String,
        /// The layout that was expected.
        layout: &'static str,
    },
    /// Media that every clip needs, ffmpeg for instance.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The face networks.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// Drawing labels or projections.
    #[error("cannot render: {0}")]
    Render(String),
}

impl DatasetError {
    /// What a person can do about it, without a full stop; `None` where only the caller knows, or nobody.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Media(error) => error.hint(),
            Self::NothingFound { layout, .. } => Some(format!("expected {layout}; for any other folder use `--dataset videos`")),
            Self::File { action: "write", .. } => Some("choose a folder that you may write to, with space left".to_owned()),
            Self::Store { .. } => {
                Some("check the bucket's name, AWS_REGION, AWS_ENDPOINT and the access keys in the environment".to_owned())
            }
            Self::File { source, .. } => Some(
                match source.kind() {
                    ErrorKind::NotFound => "check the spelling; relative paths start from the current folder",
                    ErrorKind::PermissionDenied => {
                        "you may not read it: change its permissions (`chmod u+r`, of a folder `u+rx`) or copy it"
                    }
                    ErrorKind::NotADirectory => "give the folder that holds the files",
                    _ => "check that the path is right and the disk is healthy",
                }
                .to_owned(),
            ),
            Self::Address { .. } => {
                Some("give a folder, or in builds with `--features s3` an address such as s3://bucket/prefix".to_owned())
            }
            Self::Thresholds { .. } => Some(
                "write JSON such as {\"least_face_pixels\": 90}; the book's chapter on preprocessing lists the names".to_owned(),
            ),
            Self::NoRun { output, .. } => Some(format!(
                "preprocess first: `talkinghead preprocess --dataset NAME --input DIR --output {output}`; --merge only completes that"
            )),
            Self::Malformed { .. } => {
                Some("it is damaged or of another version: take it away and run the same command again".to_owned())
            }
            Self::Face(error) => error.hint(),
            Self::Settings(_) | Self::Render(_) => None,
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

impl From<FormatError> for DatasetError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Io { path, source } => Self::File { action: "read", path, source },
            FormatError::Malformed { path, reason } => Self::Malformed { file: path.display().to_string(), detail: reason },
            option @ FormatError::Option { .. } => Self::Settings(option.to_string()),
        }
    }
}
