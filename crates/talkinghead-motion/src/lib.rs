//! What moves: expression, head pose, blinks and gaze, from sound or from a measured video.
//!
//! May be used by synthesis, training and everything above; uses face, speech and media.

pub mod expression;

pub use expression::{Deformation, Expression, ExpressionBasis};
