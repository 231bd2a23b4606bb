//! Blinks at a human rate, with a human time course.

use talkinghead_media::FRAME_RATE;

use crate::SpeechRhythm;
use crate::random::{Noise, Purpose};

/// How often and how fast the eyes close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlinkModel {
    /// Median seconds between blinks; intervals are log-normal. 3 s gives about 15 a minute.
    pub median_interval: f32,
    /// Standard deviation of the natural log of the intervals.
    pub spread: f32,
    /// Shortest interval in seconds.
    pub shortest: f32,
    /// How much likelier a blink is in a pause of speech.
    pub pause_factor: f32,
}

impl Default for BlinkModel {
    fn default() -> Self {
        Self { median_interval: 3.0, spread: 0.8, shortest: 0.5, pause_factor: 1.5 }
    }
}

/// How far the eyes are closed in the frames of one blink: two closing, one closed, three opening (closing is faster).
const COURSE: [f32; 6] = [0.5, 0.95, 1.0, 0.72, 0.34, 0.1];
/// Frames at the start in which nobody blinks: the first frame is what previews show.
const OPEN_AT_START: f32 = 0.6;

impl BlinkModel {
    /// How far the eyes are closed in each frame: image-left eye, image-right eye.
    pub fn generate(&self, rhythm: &SpeechRhythm, seed: u64) -> Vec<[f32; 2]> {
        let mut noise = Noise::new(rhythm.seed(seed), Purpose::Blinks);
        let mut closed = vec![[0.0_f32; 2]; rhythm.len()];
        let second = FRAME_RATE as f32;
        // A clock that runs faster in pauses reaches the next blink earlier there.
        let mut remaining = OPEN_AT_START * second + noise.uniform(0.0, 0.8) * self.interval(&mut noise);
        let mut since_last = 0.0;
        for frame in 0..rhythm.len() {
            remaining -= if rhythm.pause[frame] { self.pause_factor } else { 0.94 };
            since_last += 1.0;
            if remaining > 0.0 || since_last < self.shortest * second {
                continue;
            }
            put_blink(&mut closed, frame, &mut noise);
            remaining = self.interval(&mut noise);
            since_last = 0.0;
        }
        closed
    }

    /// Frames to the next blink.
    fn interval(&self, noise: &mut Noise) -> f32 {
        let seconds = self.median_interval * (self.spread * noise.normal()).exp();
        seconds.clamp(self.shortest, 15.0) * FRAME_RATE as f32
    }
}

/// Both eyes close together; depth, place between the frames and speed of opening differ a little from blink to blink.
fn put_blink(closed: &mut [[f32; 2]], start: usize, noise: &mut Noise) {
    let depth = noise.uniform(0.9, 1.0);
    let shift = noise.uniform(-0.25, 0.25);
    let slowness = noise.uniform(0.9, 1.35);
    let difference = noise.uniform(-0.03, 0.03);
    for offset in 0..10 {
        let Some(eyes) = closed.get_mut(start + offset) else { return };
        let at = offset as f32 + shift;
        // Only the opening is stretched.
        let at = if at > 2.0 { 2.0 + (at - 2.0) / slowness } else { at };
        let value = depth * course(at);
        eyes[0] = eyes[0].max((value * (1.0 + difference)).clamp(0.0, 1.0));
        eyes[1] = eyes[1].max((value * (1.0 - difference)).clamp(0.0, 1.0));
    }
}

/// The course between its frames.
fn course(at: f32) -> f32 {
    let value = |k: isize| usize::try_from(k).ok().and_then(|k| COURSE.get(k)).copied().unwrap_or(0.0);
    let low = at.floor();
    value(low as isize) + (at - low) * (value(low as isize + 1) - value(low as isize))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rhythm::{mean_and_deviation, quantile};

    /// Frames in which an eye begins to be more than half closed.
    fn onsets(closed: &[[f32; 2]]) -> Vec<usize> {
        (1..closed.len()).filter(|&k| closed[k][0] > 0.5 && closed[k - 1][0] <= 0.5).collect()
    }

    fn hour_with_pauses() -> SpeechRhythm {
        let mut rhythm = SpeechRhythm::silence(90_000);
        for (k, pause) in rhythm.pause.iter_mut().enumerate() {
            *pause = k % 250 < 30;
        }
        rhythm
    }

    #[test]
    fn rate_intervals_and_course_are_human() {
        let rhythm = hour_with_pauses();
        let closed = BlinkModel::default().generate(&rhythm, 3);
        let onsets = onsets(&closed);
        let per_minute = onsets.len() as f32 / 60.0;
        assert!((12.0..19.0).contains(&per_minute), "{per_minute} blinks a minute");
        let logs: Vec<f32> = onsets.windows(2).map(|w| ((w[1] - w[0]) as f32 / 25.0).ln()).collect();
        let (_, spread) = mean_and_deviation(&logs);
        assert!((0.55..0.95).contains(&spread), "spread of ln {spread}");
        assert!((2.2..3.8).contains(&quantile(&logs, 0.5).exp()));
        assert!(logs.iter().all(|l| l.exp() >= 0.44));
        let in_pauses = onsets.iter().filter(|&&k| rhythm.pause[k]).count() as f32 / onsets.len() as f32;
        assert!(in_pauses > 0.12 * 1.2 && in_pauses < 0.12 * 2.2, "{in_pauses} of the blinks in 12 % of the time");
        let shut = closed.iter().filter(|eyes| eyes[0] > 0.5).count() as f32 / onsets.len() as f32;
        assert!((2.5..5.0).contains(&shut), "{shut} frames more than half closed");
        assert!(closed.iter().all(|e| (e[0] - e[1]).abs() < 0.08));
    }

    #[test]
    fn the_first_frames_are_open_and_seeds_differ() {
        let rhythm = SpeechRhythm::silence(500);
        let one = BlinkModel::default().generate(&rhythm, 1);
        assert!(one[..10].iter().all(|e| *e == [0.0; 2]));
        assert_eq!(one, BlinkModel::default().generate(&rhythm, 1));
        assert_ne!(one, BlinkModel::default().generate(&rhythm, 2));
        assert!(BlinkModel::default().generate(&SpeechRhythm::default(), 1).is_empty());
    }
}
