//! Faster and slower: the whole performance, or some of its movement against the rest.

use super::{MotionTrack, Selection};
use crate::MotionError;

impl MotionTrack {
    /// The whole performance `factor` times as fast: a track of `1 / factor` of the length.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `factor` is between 0.1 and 10, [`MotionError::Empty`].
    pub fn at_tempo(&self, factor: f32) -> Result<Self, MotionError> {
        check(factor)?;
        let count = (self.len() as f32 / factor).round().max(1.0) as usize;
        if factor == 1.0 { Ok(self.clone()) } else { self.stretch(count) }
    }

    /// Plays the movement of the selected numbers `factor` times as fast and leaves length and all else as it is. A movement that
    /// ends early goes on backwards from there, so that nothing jumps.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `factor` is between 0.1 and 10.
    pub fn set_tempo(&mut self, selection: &Selection, factor: f32) -> Result<(), MotionError> {
        check(factor)?;
        self.change_head(selection, |track| {
            for slot in selection.slots() {
                let curve = slot.curve(&track.frames);
                let played: Vec<f32> = (0..curve.len()).map(|k| at(&curve, k as f64 * f64::from(factor))).collect();
                slot.store_curve(&mut track.frames, &played);
            }
        });
        Ok(())
    }
}

fn check(factor: f32) -> Result<(), MotionError> {
    if (0.1..=10.0).contains(&factor) {
        Ok(())
    } else {
        Err(MotionError::InvalidEdit(format!("tempo {factor} is not between 0.1 and 10")))
    }
}

/// A curve played forth and back, between its frames by straight lines.
fn at(curve: &[f32], position: f64) -> f32 {
    let last = curve.len().saturating_sub(1);
    let period = (2 * last).max(1) as f64;
    let folded = position.rem_euclid(period);
    let folded = if folded > last as f64 { period - folded } else { folded };
    let low = (folded as usize).min(last);
    let part = (folded - low as f64) as f32;
    curve[low] + part * (curve[(low + 1).min(last)] - curve[low])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn twice_as_fast_is_half_as_long() {
        let track = performance(101);
        let fast = track.at_tempo(2.0).unwrap();
        assert_eq!(fast.len(), 51);
        assert!((fast.frames[25].head_pose.yaw - track.frames[50].head_pose.yaw).abs() < 1e-4);
        assert_eq!(track.at_tempo(1.0).unwrap(), track);
        assert!(track.at_tempo(0.0).is_err() && track.at_tempo(f32::NAN).is_err());
        assert!(matches!(MotionTrack::default().at_tempo(2.0), Err(MotionError::Empty)));
    }

    #[test]
    fn the_head_has_a_tempo_of_its_own() {
        let mut track = performance(100);
        let before = track.clone();
        track.set_tempo(&"pose".parse().unwrap(), 1.7).unwrap();
        assert_same_lips(&before, &track);
        assert!((track.frames[10].head_pose.pitch - before.frames[17].head_pose.pitch).abs() < 1e-4);
        // At 1.7 the movement turns round after frame 58: no jump there.
        let largest =
            |t: &MotionTrack| t.frames.windows(2).map(|w| (w[1].head_pose.yaw - w[0].head_pose.yaw).abs()).fold(0.0, f32::max);
        assert!(largest(&track) < 1.8 * largest(&before));
        assert_eq!((at(&[5.0], 3.0), at(&[1.0, 2.0], 3.5)), (5.0, 1.5));
    }
}
