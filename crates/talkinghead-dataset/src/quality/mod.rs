//! How good a clip is: size and sharpness of the face, exposure, level of the sound, lips against sound, one person throughout,
//! the signature by which copies are found; and the thresholds that decide.

mod identity;
mod lip_opening;
mod measurement;
mod signature;
mod sync;
mod thresholds;

pub(crate) use identity::mean_embedding;
pub use lip_opening::expected_opening;
pub use measurement::Quality;
pub(crate) use measurement::QualityMeter;
pub(crate) use signature::{Signature, signature};
pub use sync::{SyncEstimate, moved_earlier};
pub use thresholds::{FailedThreshold, Thresholds};
