//! How far and how quickly a head moves, without moving it in time: nods stay on their stresses.

use talkinghead_media::FRAME_RATE;

use crate::track::gaussian;
use crate::{MotionTrack, Part, Selection};

/// Standard deviation in seconds of what counts as slow movement.
const SLOW: f32 = 0.5;

impl MotionTrack {
    /// Multiplies the head's slow movement and its fast movement by factors; the first frame keeps its pose.
    pub(super) fn liven(&mut self, slow: f32, fast: f32) {
        let pose = Selection::part(Part::Pose);
        self.change_head(&pose, |track| {
            for slot in pose.slots() {
                let curve = slot.curve(&track.frames);
                let smooth = gaussian(&curve, SLOW * FRAME_RATE as f32);
                let (Some(&start), Some(&from)) = (curve.first(), smooth.first()) else { continue };
                let lively = curve
                    .iter()
                    .zip(&smooth)
                    .map(|(value, smooth)| start + slow * (smooth - from) + fast * ((value - smooth) - (start - from)));
                slot.store_curve(&mut track.frames, &lively.collect::<Vec<f32>>());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn slow_and_fast_have_factors_of_their_own() {
        let before = performance(300);
        let mut track = before.clone();
        track.liven(1.0, 0.0);
        assert_same_lips(&before, &track);
        let speed = |t: &MotionTrack| t.frames.windows(2).map(|w| (w[1].head_pose.yaw - w[0].head_pose.yaw).abs()).sum::<f32>();
        let calm = speed(&track);
        assert!(calm < 0.9 * speed(&before));
        assert!((track.frames[0].head_pose.yaw - before.frames[0].head_pose.yaw).abs() < 1e-4);
        let mut quick = before.clone();
        quick.liven(1.0, 1.5);
        assert!(speed(&quick) > 1.1 * speed(&before));
    }
}
