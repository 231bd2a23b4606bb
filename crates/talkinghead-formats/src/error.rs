//! The one error type of this crate: it names the file, what was wanted and what was found.

use std::path::{Path, PathBuf};

/// What can be wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Its bytes are not what the format demands.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with names and sizes.
        reason: String,
    },
    /// An option's value is not of its kind.
    #[error("{name} = {value}: wanted {wanted}")]
    Option {
        /// The option.
        name: String,
        /// What it is set to.
        value: String,
        /// What it may be.
        wanted: String,
    },
}

impl FormatError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), reason: reason.into() }
    }
}
