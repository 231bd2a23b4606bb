//! Head motion from sound and the poses of the past: `RotateAudio` (SPEC-data, section 13), in the configuration that the
//! published README trains.

mod discriminator;
mod network;
mod prediction;
mod preparation;
mod track;
mod training;

pub use discriminator::PoseDiscriminator;
pub use network::{LEAST_PAST, RotateAudio};
pub use prediction::predict_poses;
pub use preparation::{WINDOW, normalised_poses, restored_poses, sound_windows};
pub use track::pose_track;
pub use training::{HeadMotionSettings, TrainedRotateAudio, train_rotate_audio};

/// Samples a second.
pub const SAMPLE_RATE: u32 = 16_000;
