//! Videos made comparable and measured: decoded to 25 frames/s, to a common size, through one common encode; then tracked; then
//! looked at frame by frame. Memory does not grow with the length but for the landmarks.

mod aligned_face;
mod encode;
mod frames;
mod pair;
mod settings;
mod sound;
mod video;

pub use aligned_face::aligned_face;
pub use frames::FrameScores;
pub use pair::PictureScores;
pub use settings::MeasurementSettings;
pub use sound::MeasuredSound;
pub use video::{MeasuredVideo, reference_identities};
