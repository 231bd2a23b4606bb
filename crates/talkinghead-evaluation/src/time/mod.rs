//! What only shows in motion: flicker, frozen frames, jitter, seams, blinks.

mod blinks;
mod flicker;
mod frozen;
mod jitter;
mod seam;

pub use blinks::{blink_count, blink_rate};
pub use flicker::flicker;
pub use frozen::is_frozen;
pub use jitter::jitter;
pub use seam::{SeamProfile, seam_profile};
