//! What can be wrong with a recipe.

use std::path::PathBuf;

use talkinghead_synthesis::{FormatError, SynthesisError};

use crate::generator::TrainingError;

/// Errors of recipes. `Display` is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}, line {line}: {reason}", path.display())]
    NoToml {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A key that nothing reads, or a value of another kind.
    #[error("the recipe: {reason}")]
    Value {
        /// What the parser said.
        reason: String,
    },
    /// A value out of range.
    #[error("{name} = {value}: wanted {wanted}")]
    Range {
        /// Section and name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is possible.
        wanted: String,
    },
    /// An option that no network or loss has.
    #[error("{section} has no option `{name}`")]
    Unknown {
        /// The section.
        section: &'static str,
        /// The option.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// The networks that the options describe cannot exist.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// The losses.
    #[error(transparent)]
    Training(#[from] TrainingError),
}

impl RecipeError {
    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } => Some(format!("it has {known}")),
            Self::Network(error) => error.hint(),
            Self::Training(error) => error.hint(),
            Self::File { .. } => {
                Some("recipes that ship are in the folder `recipes`; leave --recipe out for the published training script".into())
            }
            _ => Some("the book's page `Training the generator` says what a recipe may hold; flags and --set override it".into()),
        }
    }
}

impl From<FormatError> for RecipeError {
    fn from(error: FormatError) -> Self {
        Self::Network(error.into())
    }
}
