//! What can go wrong with the published motion networks.

use std::path::PathBuf;

use talkinghead_dataset::DatasetError;
use talkinghead_kernels::KernelError;
use talkinghead_media::MediaError;
use talkinghead_synthesis::SynthesisError;

/// Errors of the published motion networks and their training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedMotionError {
    /// The network, its weights or its inputs.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// A clip folder.
    #[error(transparent)]
    Clip(#[from] DatasetError),
    /// The sound of a clip.
    #[error(transparent)]
    Sound(#[from] MediaError),
    /// A folder could not be listed.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// There is nothing to learn from.
    #[error("{} holds {found} clips with sound and at least {frames} frames; {wanted} are needed", path.display())]
    TooFew {
        /// The folder.
        path: PathBuf,
        /// Usable clips.
        found: usize,
        /// Frames that a clip needs.
        frames: usize,
        /// Clips that are needed.
        wanted: usize,
    },
    /// Too little of a past to go on from.
    #[error("the head-motion network goes on from at least {wanted} frames of past poses, found {found}")]
    Past {
        /// Frames needed.
        wanted: usize,
        /// Frames there.
        found: usize,
    },
    /// The loss became no number.
    #[error("the loss is no number any more after {steps} steps")]
    Diverged {
        /// Optimiser steps made.
        steps: usize,
    },
    /// Landmarks that vary too little.
    #[error("the landmarks vary in too few ways to find {wanted} components")]
    Components {
        /// Components wanted.
        wanted: usize,
    },
}

impl PublishedMotionError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Network(error) => error.hint(),
            Self::Clip(error) => error.hint(),
            Self::Sound(error) => error.hint(),
            Self::Folder { .. } => Some("give the folder that `talkinghead preprocess` wrote".into()),
            Self::TooFew { .. } => Some("make more clips with `talkinghead preprocess`".into()),
            Self::Past { .. } => Some("give a longer clip of the person".into()),
            Self::Diverged { .. } => {
                Some("lower --learning-rate; samples that are not scaled (--compatibility reference) need a low one".into())
            }
            Self::Components { .. } => Some("add clips of more people and longer speech".into()),
        }
    }
}

impl From<KernelError> for PublishedMotionError {
    fn from(error: KernelError) -> Self {
        Self::Network(error.into())
    }
}
