//! Other lengths: a part of a track, and a track that repeats without a seam.

use talkinghead_media::FRAME_RATE;

use super::editing::blend;
use super::{MAX_TRACK_FRAMES, MotionTrack};
use crate::MotionError;

/// Seconds over which the end of a repetition turns into its start, at most a quarter of the track.
const SEAM: f64 = 0.6;

impl MotionTrack {
    /// The part between two times in seconds; `to` may lie beyond the end.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] when there is no frame between them.
    pub fn cut(&self, from: f64, to: f64) -> Result<Self, MotionError> {
        // Written so that NaN fails too.
        if !(from >= 0.0 && to > from) {
            return Err(MotionError::InvalidEdit(format!("nothing lies between {from} s and {to} s")));
        }
        let frame = |seconds: f64| (seconds * f64::from(FRAME_RATE)).round().min(MAX_TRACK_FRAMES as f64) as usize;
        let (start, end) = (frame(from), frame(to));
        if start >= self.len() || end <= start {
            let seconds = self.seconds();
            return Err(MotionError::InvalidEdit(format!(
                "no frame lies between {from} s and {to} s; the track has {seconds:.2} s"
            )));
        }
        self.slice(start, end - start)
    }

    /// Repeats the performance until it lasts `seconds` (or cuts it there); the end of each repetition turns into the start of the
    /// next over 0.6 s, at most a quarter of the track.
    ///
    /// # Errors
    /// [`MotionError::InvalidEdit`] unless `seconds` is between one frame and a day, [`MotionError::Empty`].
    pub fn repeated(&self, seconds: f64) -> Result<Self, MotionError> {
        let count = (seconds * f64::from(FRAME_RATE)).round();
        if !(count >= 1.0 && count <= MAX_TRACK_FRAMES as f64) {
            return Err(MotionError::InvalidEdit(format!("cannot repeat for {seconds} s; give 0.04 to 86400")));
        }
        if self.is_empty() {
            return Err(MotionError::Empty);
        }
        let count = count as usize;
        let seam = ((SEAM * f64::from(FRAME_RATE)) as usize).min(self.len() / 4);
        // Each repetition begins while the one before still sounds out: `seam` frames are shared.
        let period = self.len() - seam;
        let frames = (0..count).map(|k| {
            let at = k % period;
            let fresh = &self.frames[at];
            if k < period || at >= seam {
                return *fresh;
            }
            let part = (at + 1) as f32 / (seam + 1) as f32;
            blend(&self.frames[period + at], fresh, 0.5 - 0.5 * (std::f32::consts::PI * part).cos())
        });
        Ok(Self { source: self.source.clone(), frames: frames.collect() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::track::sample::performance;

    #[test]
    fn a_cut_is_the_frames_between() {
        let track = performance(100);
        assert_eq!(track.cut(1.0, 2.0).unwrap().frames, track.frames[25..50]);
        assert_eq!(track.cut(3.0, f64::INFINITY).unwrap().len(), 25);
        for (from, to) in [(4.0, 5.0), (2.0, 2.0), (-1.0, 2.0), (f64::NAN, 1.0), (1.0, f64::NAN), (1.0, 1.01)] {
            assert!(track.cut(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_repetition_has_no_seam() {
        let track = performance(70);
        let looped = track.repeated(20.0).unwrap();
        assert_eq!(looped.len(), 500);
        assert_eq!(looped.frames[..55], track.frames[..55]);
        let step = |w: &[crate::MotionFrame]| (w[1].head_pose.yaw - w[0].head_pose.yaw).abs();
        let largest = |track: &MotionTrack| track.frames.windows(2).map(step).fold(0.0, f32::max);
        assert!(largest(&looped) < 2.0 * largest(&track), "{} {}", largest(&looped), largest(&track));
        looped.validate().unwrap();
        assert_eq!(track.repeated(1.0).unwrap().frames, track.frames[..25]);
        assert_eq!(performance(1).repeated(2.0).unwrap().len(), 50);
        assert!(track.repeated(0.0).is_err() && track.repeated(1e9).is_err() && MotionTrack::default().repeated(1.0).is_err());
    }
}
