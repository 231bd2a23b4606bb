//! Landmarks from sound (SPEC-data, section 14): the published network of raw samples, its components of landmarks, its training.

mod components;
mod network;
mod preparation;
mod training;

pub use components::{COMPONENTS, LandmarkComponents};
pub use network::LandmarkNetwork;
pub use preparation::{SAMPLES, sound_window};
pub use training::{LandmarkSettings, TrainedLandmarks, train_landmarks};

/// Samples a second.
pub const SAMPLE_RATE: u32 = 50_000;
