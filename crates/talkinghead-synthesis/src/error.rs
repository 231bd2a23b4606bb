//! The one error type of this crate: every message names the file or tensor, what was wanted and what was found.

use std::path::{Path, PathBuf};

/// What can go wrong while reading weights, building a network or running it.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file's bytes are not what its format demands.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with names and sizes.
        reason: String,
    },
    /// The options describe a network that cannot exist.
    #[error("network options: {0}")]
    Configuration(String),
    /// The weights and the network do not fit each other.
    #[error("{0}")]
    Weights(Box<WeightMismatch>),
    /// An input tensor has another shape than the network needs.
    #[error("input `{name}`: wanted {wanted}, found {found}")]
    Input {
        /// Name of the input.
        name: String,
        /// The shape or property that is needed.
        wanted: String,
        /// What was given.
        found: String,
    },
    /// The picture pipeline around the network failed.
    #[error("{0}")]
    Rendering(String),
}

impl SynthesisError {
    /// Wraps a system error with the file it concerns.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    /// A file whose content is unusable.
    pub fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_path_buf(), reason: reason.into() }
    }

    /// An input that does not fit.
    pub fn input(name: &str, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Input { name: name.into(), wanted: wanted.into(), found: found.into() }
    }

    /// What the user can do about it, if there is something general to say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Weights(_) => Some(
                "the options must be those the checkpoint was trained with: give its opt.txt with --options, or single ones with --set NAME=VALUE",
            ),
            Self::Configuration(_) => Some("option names and meanings are those of the published training script"),
            _ => None,
        }
    }
}

/// All the ways in which a set of tensors differs from what a network needs. Never loaded partially.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct WeightMismatch {
    /// Keys that the network needs and the file lacks.
    pub missing: Vec<String>,
    /// Keys that the file has and the network does not know.
    pub unexpected: Vec<String>,
    /// Tensors of another shape: key, wanted, found.
    pub wrong_shape: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Tensors holding values that are not finite: key, position of the first, value.
    pub not_finite: Vec<(String, usize, f32)>,
}

impl WeightMismatch {
    /// Whether everything fits.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty() && self.not_finite.is_empty()
    }
}

impl std::fmt::Display for WeightMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the weights do not fit the network: {} missing, {} unexpected, {} of another shape, {} with values that are not finite",
            self.missing.len(),
            self.unexpected.len(),
            self.wrong_shape.len(),
            self.not_finite.len()
        )?;
        for key in &self.missing {
            write!(f, "\n  missing     {key}")?;
        }
        for key in &self.unexpected {
            write!(f, "\n  unexpected  {key}")?;
        }
        for (key, wanted, found) in &self.wrong_shape {
            write!(f, "\n  shape       {key}: network has {wanted:?}, file has {found:?}")?;
        }
        for (key, position, value) in &self.not_finite {
            write!(f, "\n  not finite  {key}: element {position} is {value}")?;
        }
        Ok(())
    }
}

impl From<WeightMismatch> for SynthesisError {
    fn from(mismatch: WeightMismatch) -> Self {
        Self::Weights(Box::new(mismatch))
    }
}
