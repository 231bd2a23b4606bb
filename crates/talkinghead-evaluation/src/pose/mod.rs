//! How heads move: against the real one, by themselves, with the sound, and alike or not.

mod beats;
mod curve;
mod unison;

pub use beats::{beat_alignment, kinematic_beats};
pub use curve::{HeadCurve, PoseStatistics};
pub use unison::{Unison, unison};
