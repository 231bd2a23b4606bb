//! A calmer head: fast movement goes first, posture last.

use talkinghead_media::FRAME_RATE;

use super::{MotionTrack, Part, Selection, gaussian};
use crate::MotionError;

/// Standard deviation in seconds of what counts as slow movement.
const SLOW: f32 = 0.8;

impl MotionTrack {
    /// Takes a share of the head's movement away: 0 nothing, 1 everything (the head holds the pose it starts in). Of the fast
    /// movement twice the share goes, so that small amounts calm without freezing.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `amount` is between 0 and 1.
    pub fn still(&mut self, amount: f32) -> Result<(), MotionError> {
        if !(0.0..=1.0).contains(&amount) {
            return Err(MotionError::InvalidEdit(format!("stillness {amount} is not between 0 and 1")));
        }
        if amount == 0.0 {
            return Ok(());
        }
        let (slow_kept, fast_kept) = (1.0 - amount, (1.0 - 2.0 * amount).max(0.0));
        let pose = Selection::part(Part::Pose);
        self.change_head(&pose, |track| {
            for slot in pose.slots() {
                let curve = slot.curve(&track.frames);
                let slow = gaussian(&curve, SLOW * FRAME_RATE as f32);
                let (Some(&start), Some(&slow_start)) = (curve.first(), slow.first()) else { continue };
                let calm = curve.iter().zip(&slow).map(|(value, slow)| {
                    start + slow_kept * (slow - slow_start) + fast_kept * ((value - slow) - (start - slow_start))
                });
                slot.store_curve(&mut track.frames, &calm.collect::<Vec<f32>>());
            }
        });
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {

    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn a_still_head_keeps_its_first_pose_and_its_lips() {
        let before = performance(200);
        for amount in [0.3, 1.0] {
            let mut track = before.clone();
            track.still(amount).unwrap();
            assert_same_lips(&before, &track);
            assert_eq!(track.frames[0].head_pose, before.frames[0].head_pose);
        }
        let mut held = before.clone();
        held.still(1.0).unwrap();
        assert!(held.frames.iter().all(|frame| frame.head_pose == before.frames[0].head_pose));
        assert!(held.still(1.1).is_err() && held.still(f32::NAN).is_err());
    }

    #[test]
    fn more_is_calmer() {
        let moved = |amount: f32| {
            let mut track = performance(200);
            track.still(amount).unwrap();
            track.frames.windows(2).map(|w| (w[1].head_pose.pitch - w[0].head_pose.pitch).abs()).sum::<f32>()
        };
        assert!(moved(0.0) > 1.1 * moved(0.2) && moved(0.2) > 1.1 * moved(0.4) && moved(1.0) == 0.0);
    }
}
