//! What can go wrong when the generator is trained.

use talkinghead_evaluation::EvaluationError;
use talkinghead_kernels::KernelError;
use talkinghead_synthesis::{FormatError, SynthesisError};

use super::Loss;
use crate::distributed::LostRank;

/// Errors of a training step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A network, its weights or its inputs.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// A loss is no number any more. Nothing was learned from it.
    #[error("the loss {} became {value} in step {step}: training diverged", loss.name())]
    LossNotFinite {
        /// Which.
        loss: Loss,
        /// What it became.
        value: f64,
        /// The step, counted from 1.
        step: u64,
    },
    /// A gradient is no number any more, though every loss is. Nothing was learned from it.
    #[error("the gradient of {key} became infinite or no number in step {step}: training diverged")]
    GradientNotFinite {
        /// The parameter.
        key: String,
        /// The step, counted from 1.
        step: u64,
    },
    /// Settings that exclude each other or lack something.
    #[error("{0}")]
    Settings(String),
    /// A batch that does not fit.
    #[error("{name}: wanted {wanted}, found {found}")]
    Input {
        /// What.
        name: String,
        /// The shape or number that is needed.
        wanted: String,
        /// What was given.
        found: String,
    },
    /// A saved state belongs to other networks or settings.
    #[error("the saved state does not fit: {0}")]
    State(String),
    /// A process that trains together with this one is gone. The networks may be between the halves of a step.
    #[error(transparent)]
    Lost(#[from] LostRank),
    /// A golden folder.
    #[error(transparent)]
    Golden(Box<EvaluationError>),
    /// The weights of a perceptual network.
    #[error("perceptual network: {0}")]
    Trunk(String),
}

impl TrainingError {
    pub(super) fn input(name: &str, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Input { name: name.into(), wanted: wanted.into(), found: found.into() }
    }

    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Network(error) => return error.hint(),
            Self::Golden(error) => return error.hint(),
            Self::LossNotFinite { .. } | Self::GradientNotFinite { .. } => {
                "resume from the last checkpoint with a lower learning rate or with gradient clipping"
            }
            Self::Settings(_) => "change the recipe or the flag that it comes from",
            Self::Input { .. } => "all tensors of a batch are of one size and number",
            Self::Lost(_) => "start all ranks again, with --resume: they go on from the last checkpoint",
            Self::State(_) => "resume with the recipe that the checkpoint was written with",
            Self::Trunk(_) => "give torchvision's vgg19 as .pth or .safetensors, with keys features.N.weight and features.N.bias",
        };
        Some(hint.to_owned())
    }
}

impl From<KernelError> for TrainingError {
    fn from(error: KernelError) -> Self {
        Self::Network(error.into())
    }
}

impl From<FormatError> for TrainingError {
    fn from(error: FormatError) -> Self {
        Self::Network(error.into())
    }
}
