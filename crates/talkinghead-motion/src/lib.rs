//! What moves: expression, head pose, blinks and gaze, from sound or from a measured video.
//!
//! Design decision: everything ends in one value, the [`MotionTrack`], 25 frames a second, which a person can read and
//! edit. Lips come from the sound (expression model); the head moves as a real speaker does, taken apart into what answers
//! the voice and the rest; lids and gaze are seeded noise with the statistics of real people.
//!
//! May be used by synthesis, training and everything above; uses face, speech and media.

mod blinks;
mod emotion;
mod error;
mod exchange;
pub mod expression;
mod gaze;
mod head_motion;
mod measuring;
mod performance;
mod plot;
mod random;
mod rhythm;
mod track;

pub use blinks::BlinkModel;
pub use emotion::Emotion;
pub use error::MotionError;
pub use exchange::{ARKIT_NAMES, MAX_ARKIT_BYTES, TrackFormat};
pub use expression::{
    Deformation, Expression, ExpressionBasis, ExpressionModel, ExpressionSettings, ExpressionStream, LipFeatures, LiveLips,
    LookAhead,
};
pub use gaze::GazeModel;
pub use head_motion::{HeadMaterial, HeadMotionModel, HeadStyle, MeasuredHead, RESPONSES, TAP_STEP, TAPS};
pub use measuring::MeasuredFace;
pub use performance::{Blinking, HeadMotion, Performance};
pub use plot::{PEAKS_PER_SECOND, Plot, PlottedSound};
pub use rhythm::{Accent, SpeechRhythm};
pub use track::{
    FIELDS, FORMAT_NAME, FORMAT_VERSION, Field, KEYFRAME_REACH, Keyframe, MAX_KEYFRAMES, MAX_TRACK_BYTES, MAX_TRACK_FRAMES,
    MendedTrack, MotionFrame, MotionTrack, Part, Selection, TrackSource,
};
