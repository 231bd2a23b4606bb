//! Clips looked at: a video with landmarks, label image and projection side by side, and how true a clip is to its own video.

mod overlay;
mod pose_curves;
mod round_trip;
mod video;

pub use round_trip::{MOST_TURNED, ProjectionDifference, posing_difference, projection_difference};
pub use video::{Inspection, inspect};
