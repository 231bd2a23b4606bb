//! Smoother curves.

use talkinghead_media::FRAME_RATE;

use super::{MotionTrack, Selection, gaussian};
use crate::MotionError;

impl MotionTrack {
    /// Smooths the selected numbers over time with a Gaussian of `seconds` standard deviation, without delay. 0 changes nothing.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `seconds` is between 0 and 10.
    pub fn smooth_only(&mut self, selection: &Selection, seconds: f32) -> Result<(), MotionError> {
        if !(0.0..=10.0).contains(&seconds) {
            return Err(MotionError::InvalidEdit(format!("cannot smooth over {seconds} s; give 0 to 10")));
        }
        let deviation = seconds * FRAME_RATE as f32;
        if deviation < 1e-3 {
            return Ok(());
        }
        self.change_head(selection, |track| {
            for slot in selection.slots() {
                let curve = slot.curve(&track.frames);
                slot.store_curve(&mut track.frames, &gaussian(&curve, deviation));
            }
        });
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Part;
    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn only_what_was_named_gets_smoother() {
        let before = performance(100);
        let mut track = before.clone();
        track.smooth_only(&Selection::part(Part::Pose), 0.4).unwrap();
        assert_same_lips(&before, &track);
        let largest = |t: &MotionTrack| t.frames.iter().map(|f| f.head_pose.roll.abs()).fold(0.0, f32::max);
        assert!(largest(&track) < 0.8 * largest(&before));
        assert!(track.smooth_only(&Selection::part(Part::Pose), -1.0).is_err());
        let same = track.clone();
        track.smooth_only(&Selection::part(Part::Pose), 0.0).unwrap();
        assert_eq!(track, same);
    }
}
