//! Frames that only repeat the one before.

use crate::image::Plane;

/// Mean change, in grey levels, under which a frame is a repetition.
const UNCHANGED: f64 = 0.02;

/// Whether a frame shows the same as the one before it.
pub fn is_frozen(before: &Plane, frame: &Plane) -> bool {
    let change: f64 = before.values.iter().zip(&frame.values).map(|(a, b)| f64::from((a - b).abs())).sum();
    change / (frame.values.len().max(1) as f64) < UNCHANGED
}
