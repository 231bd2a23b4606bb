//! Fine-tuning on a person: a trained generator learns from a few frames, and what changed goes into a small file.
//!
//! Design decision: what the network is shown of a frame here is made by the functions that synthesis uses, not by those of the training
//! clips: a network tuned on one kind of square and used on another would learn the difference.

mod frames;
mod judge;
mod preview;
mod settings;
mod tuning;

pub use frames::TuningFrames;
pub use preview::PREVIEW_COLUMNS;
pub use settings::TuningSettings;
pub use tuning::{FineTuning, Tuned};
