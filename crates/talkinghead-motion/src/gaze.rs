//! Where the eyes look: at the camera, with the small jumps of living eyes; away while thinking, back to speak.

use talkinghead_face::HeadPose;

use crate::SpeechRhythm;
use crate::random::{Noise, Purpose};
use talkinghead_media::FRAME_RATE;

/// How the gaze wanders about the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GazeModel {
    /// Shortest and longest fixation in seconds.
    pub fixation: (f32, f32),
    /// Standard deviation of the fixated point, x and y, in eye widths (0.01 is about 1.4 degrees).
    pub deviation: [f32; 2],
    /// How much of a head turn the eyes make up for, to stay on the camera; 1 = all.
    pub steadiness: f32,
    /// How often the eyes look away in a long pause, 0 to 1, and how far, in eye widths.
    pub aversion: (f32, f32),
}

impl Default for GazeModel {
    fn default() -> Self {
        Self { fixation: (0.5, 2.0), deviation: [0.014, 0.007], steadiness: 0.75, aversion: (0.5, 0.045) }
    }
}

/// Radius of the eyeball in eye widths (12 of 30 mm).
const EYE_RADIUS: f32 = 0.4;
/// Frames before a phrase at which the eyes come back to the camera.
const BACK_BEFORE: usize = 4;
/// The largest shift in eye widths.
const LARGEST: f32 = 0.08;

impl GazeModel {
    /// Shift of the gaze for each pose, in eye widths, x right and y down. `rhythm` is as long as `head`.
    pub fn generate(&self, head: &[HeadPose], rhythm: &SpeechRhythm, seed: u64) -> Vec<[f32; 2]> {
        let mut noise = Noise::new(rhythm.seed(seed), Purpose::Gaze);
        let (mut from, mut to) = ([0.0_f32; 2], [0.0_f32; 2]);
        let (mut since, mut until) = (2_usize, self.fixation_frames(&mut noise));
        let mut away = false;
        head.iter()
            .enumerate()
            .map(|(frame, pose)| {
                let thinking = rhythm.calm.get(frame).is_some_and(|calm| *calm > 0.5);
                // The eyes are back just before the next phrase starts.
                let speaks_soon = rhythm.pause.get(frame + BACK_BEFORE).is_none_or(|pause| !pause);
                let back = away && speaks_soon && since > 2;
                if since >= until || back {
                    from = to;
                    // Every third jump goes back to the camera.
                    let home = noise.uniform(0.0, 1.0) < 0.33 || back;
                    away = thinking && !speaks_soon && noise.uniform(0.0, 1.0) < self.aversion.0;
                    to = match (home, away) {
                        (_, true) => self.elsewhere(&mut noise),
                        (true, _) => [0.0; 2],
                        (false, _) => self.deviation.map(|d| d * noise.normal().clamp(-2.0, 2.0)),
                    };
                    (since, until) = (0, self.fixation_frames(&mut noise));
                }
                since += 1;
                // A jump takes under 40 ms: one frame half way, then there.
                let part = if since == 1 { 0.6 } else { 1.0 };
                let steady = [pose.yaw, -pose.pitch].map(|a| self.steadiness * EYE_RADIUS * a.to_radians().sin());
                std::array::from_fn(|k| (from[k] + part * (to[k] - from[k]) + steady[k]).clamp(-LARGEST, LARGEST))
            })
            .collect()
    }

    /// A point beside the camera, more to the side than up or down.
    fn elsewhere(&self, noise: &mut Noise) -> [f32; 2] {
        let side = if noise.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
        [side * self.aversion.1 * noise.uniform(0.7, 1.2), self.aversion.1 * noise.uniform(-0.5, 0.4)]
    }

    fn fixation_frames(&self, noise: &mut Noise) -> usize {
        (noise.uniform(self.fixation.0, self.fixation.1) * FRAME_RATE as f32).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech without pauses.
    fn speech(frames: usize) -> SpeechRhythm {
        let mut rhythm = SpeechRhythm::silence(frames);
        rhythm.pause.fill(false);
        rhythm.calm.fill(0.0);
        rhythm
    }

    #[test]
    fn eyes_look_away_in_long_pauses_and_are_back_when_the_phrase_starts() {
        let mut rhythm = speech(6000);
        for start in (100..6000).step_by(200) {
            rhythm.pause[start..start + 60].fill(true);
            rhythm.calm[start + 5..start + 55].fill(1.0);
        }
        let gaze = GazeModel::default().generate(&vec![HeadPose::default(); 6000], &rhythm, 1);
        let far = |frame: usize| gaze[frame][0].abs() > 0.029;
        let away = (100..6000).step_by(200).filter(|start| (start + 10..start + 55).any(far)).count();
        assert!((6..29).contains(&away), "looked away in {away} of 30 pauses");
        for start in (160..5900).step_by(200) {
            assert!((start..start + 40).all(|frame| !far(frame)), "still away at {start}");
        }
    }

    #[test]
    fn eyes_jump_and_rest() {
        let gaze = GazeModel::default().generate(&vec![HeadPose::default(); 2500], &speech(2500), 1);
        assert_eq!(gaze[0], [0.0; 2]);
        let moving = gaze.windows(2).filter(|w| w[0] != w[1]).count();
        assert!((80..250).contains(&moving), "{moving} of 2500 frames move");
        assert!(gaze.iter().flatten().all(|v| v.abs() < 0.04));
    }

    #[test]
    fn eyes_stay_on_the_camera_when_the_head_turns() {
        let turned = HeadPose { yaw: 6.0, pitch: -4.0, ..HeadPose::default() };
        let gaze = GazeModel::default().generate(&[HeadPose::default(), turned], &speech(2), 1);
        assert!(gaze[1][0] > 0.02, "head to the left edge, eyes to the right");
        assert!(gaze[1][1] > 0.01, "head up, eyes down");
    }
}
