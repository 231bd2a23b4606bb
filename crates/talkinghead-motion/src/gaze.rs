//! Where the eyes look: at the camera, with the small jumps of living eyes.

use talkinghead_face::HeadPose;

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
}

impl Default for GazeModel {
    fn default() -> Self {
        Self { fixation: (0.5, 2.0), deviation: [0.014, 0.007], steadiness: 0.75 }
    }
}

/// Radius of the eyeball in eye widths (12 of 30 mm).
const EYE_RADIUS: f32 = 0.4;
/// The largest shift in eye widths.
const LARGEST: f32 = 0.08;

impl GazeModel {
    /// Shift of the gaze for each pose, in eye widths, x right and y down.
    pub fn generate(&self, head: &[HeadPose], seed: u64) -> Vec<[f32; 2]> {
        let mut noise = Noise::new(seed, Purpose::Gaze);
        let (mut from, mut to) = ([0.0_f32; 2], [0.0_f32; 2]);
        let (mut since, mut until) = (2_usize, self.fixation_frames(&mut noise));
        head.iter()
            .map(|pose| {
                if since >= until {
                    from = to;
                    // Every third jump goes back to the camera.
                    let home = noise.uniform(0.0, 1.0) < 0.33;
                    to = self.deviation.map(|d| if home { 0.0 } else { d * noise.normal().clamp(-2.0, 2.0) });
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

    fn fixation_frames(&self, noise: &mut Noise) -> usize {
        (noise.uniform(self.fixation.0, self.fixation.1) * FRAME_RATE as f32).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_jump_and_rest() {
        let gaze = GazeModel::default().generate(&vec![HeadPose::default(); 2500], 1);
        assert_eq!(gaze[0], [0.0; 2]);
        let moving = gaze.windows(2).filter(|w| w[0] != w[1]).count();
        assert!((80..250).contains(&moving), "{moving} of 2500 frames move");
        assert!(gaze.iter().flatten().all(|v| v.abs() < 0.04));
    }

    #[test]
    fn eyes_stay_on_the_camera_when_the_head_turns() {
        let turned = HeadPose { yaw: 6.0, pitch: -4.0, ..HeadPose::default() };
        let gaze = GazeModel::default().generate(&[HeadPose::default(), turned], 1);
        assert!(gaze[1][0] > 0.02, "head to the left edge, eyes to the right");
        assert!(gaze[1][1] > 0.01, "head up, eyes down");
    }
}
