//! The motion networks of the paper as its code has them, the baselines of ours: [`head_motion`], poses from sound and past poses
//! (`RotateAudio`), and [`expression`], landmarks from sound. Equal to the published ones number by number, loaded from their
//! checkpoints, trained on clip folders.

mod clips;
mod error;
pub mod expression;
pub mod head_motion;
mod initialisation;
mod layers;
pub mod verification;

/// Key of a safetensors file's metadata that says whether the network learned with the published programs' defects (`reference`) or
/// without (`right`).
pub const COMPATIBILITY_KEY: &str = "talkinghead.compatibility";

pub use clips::{SoundClip, read_clips};
pub use error::PublishedMotionError;
pub use layers::Run;
