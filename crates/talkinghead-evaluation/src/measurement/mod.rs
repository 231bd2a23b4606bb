//! Videos made comparable and measured: decoded to 25 frames/s, to a common size, through one common encode; then tracked; then
//! looked at frame by frame. Memory does not grow with the length but for the landmarks; frames of short videos are held for all passes.

mod aligned_face;
mod embeddings;
mod encode;
mod encoded;
mod frames;
mod networks;
mod pair;
mod settings;
mod sound;
mod sync;
mod video;

pub use aligned_face::aligned_face;
pub use embeddings::{FaceEmbeddings, reference_faces};
pub use frames::FrameScores;
pub use networks::MeasurementNetworks;
pub use pair::PictureScores;
pub use settings::MeasurementSettings;
pub use sound::MeasuredSound;
pub use sync::SyncScores;
pub use video::MeasuredVideo;
pub(crate) use video::sha256;
