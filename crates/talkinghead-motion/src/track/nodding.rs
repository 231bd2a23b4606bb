//! Nods on stressed syllables, added to whatever the head does.

use talkinghead_media::FRAME_RATE;

use super::{MotionTrack, Selection};
use crate::{Accent, MotionError};

/// Seconds from the accent to the lowest point, and half the nod's duration.
const LOWEST: f32 = 0.04;
const HALF: f32 = 0.32;

impl MotionTrack {
    /// Adds a nod to each accent: down by up to `degrees` (a full nod for the strongest, 40 % for the weakest), lowest just
    /// after the accent, over within two thirds of a second. Negative `degrees` raise the head instead.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `degrees` is between -20 and 20.
    pub fn nod_on_stress(&mut self, accents: &[Accent], degrees: f32) -> Result<(), MotionError> {
        if !(-20.0..=20.0).contains(&degrees) {
            return Err(MotionError::InvalidEdit(format!("a nod of {degrees} degrees is not between -20 and 20")));
        }
        if degrees == 0.0 {
            return Ok(());
        }
        let pitch: Selection = "pitch".parse()?;
        self.change_head(&pitch, |track| {
            let rate = FRAME_RATE as f32;
            for accent in accents {
                let size = degrees * (0.4 + 0.6 * accent.strength.clamp(0.0, 1.0));
                let reach = ((HALF + LOWEST) * rate).ceil() as isize;
                for offset in -reach..=reach {
                    let frame = accent.frame.checked_add_signed(offset).and_then(|frame| track.frames.get_mut(frame));
                    let Some(frame) = frame else { continue };
                    let away = (offset as f32 / rate - LOWEST) / HALF;
                    if away.abs() < 1.0 {
                        let pitch = &mut frame.head_pose.pitch;
                        *pitch = (*pitch + size * (0.5 + 0.5 * (std::f32::consts::PI * away).cos())).clamp(-90.0, 90.0);
                    }
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::{assert_same_lips, performance};

    #[test]
    fn the_head_is_lowest_at_the_accent_and_the_lips_stay() {
        let before = performance(100);
        let mut track = before.clone();
        let accents =
            [Accent { frame: 40, strength: 1.0 }, Accent { frame: 99, strength: 0.0 }, Accent { frame: 500, strength: 1.0 }];
        track.nod_on_stress(&accents, 3.0).unwrap();
        assert_same_lips(&before, &track);
        let added: Vec<f32> = (0..100).map(|k| track.frames[k].head_pose.pitch - before.frames[k].head_pose.pitch).collect();
        assert!((added[41] - 3.0).abs() < 1e-4 && added[30] == 0.0 && added[52] == 0.0);
        assert!((added[99] - 1.2).abs() < 0.1, "a weak accent nods less: {}", added[99]);
        assert!(added.windows(2).all(|w| (w[1] - w[0]).abs() < 0.6), "no jumps");
        assert!(track.nod_on_stress(&accents, 90.0).is_err());
    }
}
