//! What moves: expression, head pose, blinks and gaze, from sound or from a measured video.
//!
//! May be used by synthesis, training and everything above; uses face, speech and media.

mod error;
pub mod expression;
mod track;

pub use error::MotionError;
pub use expression::{Deformation, Expression, ExpressionBasis};
pub use track::{
    FIELDS, FORMAT_NAME, FORMAT_VERSION, MAX_TRACK_BYTES, MAX_TRACK_FRAMES, MotionFrame, MotionTrack, TRACK_FRAME_RATE, TrackSource,
};
