//! Yaw, pitch and roll over a clip.

use talkinghead_face::{Landmarks, RigidFit};
use talkinghead_media::FRAME_RATE;
use talkinghead_motion::MotionTrack;

use crate::statistics::{deviation, mean, mean_absolute_difference};

/// A head's angles in degrees, 25 a second; the signs are those of [`talkinghead_face::HeadPose`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadCurve {
    /// Yaw, pitch, roll: one value a frame each, all of one length.
    pub angles: [Vec<f64>; 3],
}

/// How much a head moves.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct PoseStatistics {
    /// Standard deviation of yaw, pitch, roll in degrees.
    pub deviation: [f64; 3],
    /// Mean angular speed in degrees a second: the length of the change of all three angles.
    pub speed: f64,
    /// Largest change of one angle from a frame to the next, in degrees.
    pub largest_step: f64,
}

impl HeadCurve {
    /// The angles of a rigid fit of the canonical mesh, frame by frame.
    pub fn of_landmarks<'a>(frames: impl IntoIterator<Item = &'a Landmarks>) -> Self {
        Self::of_angles(frames.into_iter().map(|landmarks| RigidFit::to_canonical(landmarks).angles().map(f64::from)))
    }

    /// The head of a motion track.
    pub fn of_track(track: &MotionTrack) -> Self {
        Self::of_angles(track.frames.iter().map(|frame| {
            let pose = frame.head_pose;
            [pose.yaw, pose.pitch, pose.roll].map(f64::from)
        }))
    }

    /// From yaw, pitch, roll of each frame, in degrees.
    pub fn of_angles(frames: impl IntoIterator<Item = [f64; 3]>) -> Self {
        let mut curve = Self::default();
        for frame in frames {
            curve.angles.iter_mut().zip(frame).for_each(|(curve, angle)| curve.push(angle));
        }
        curve
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.angles[0].len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.angles[0].is_empty()
    }

    /// How much it moves; all 0 under two frames.
    pub fn statistics(&self) -> PoseStatistics {
        let speed = self.speed();
        let step = |curve: &Vec<f64>| curve.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        PoseStatistics {
            deviation: [0, 1, 2].map(|k| deviation(&self.angles[k])),
            speed: mean(&speed),
            largest_step: self.angles.iter().map(step).fold(0.0, f64::max),
        }
    }

    /// Angular speed in degrees a second from each frame to the next.
    pub fn speed(&self) -> Vec<f64> {
        (1..self.len())
            .map(|t| {
                let squares: f64 = self.angles.iter().map(|curve| (curve[t] - curve[t - 1]).powi(2)).sum();
                squares.sqrt() * f64::from(FRAME_RATE)
            })
            .collect()
    }

    /// Mean absolute difference to another head of yaw, pitch, roll in degrees, over the common length. `None` of nothing.
    pub fn error(&self, other: &Self) -> Option<[f64; 3]> {
        let of = |k: usize| mean_absolute_difference(&self.angles[k], &other.angles[k]);
        Some([of(0)?, of(1)?, of(2)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_turn_has_its_speed() {
        let turning = HeadCurve::of_angles((0..50).map(|k| [f64::from(k) * 0.3, f64::from(k) * -0.4, 2.0]));
        let found = turning.statistics();
        assert!((found.speed - 12.5).abs() < 1e-9 && (found.largest_step - 0.4).abs() < 1e-9);
        assert!((found.deviation[0] - 0.3 * (2499.0_f64 / 12.0).sqrt()).abs() < 1e-9 && found.deviation[2] == 0.0);
        let turned = HeadCurve::of_angles((0..50).map(|k| [f64::from(k) * 0.3 + 5.0, f64::from(k) * -0.4 - 3.0, 3.0]));
        let error = turning.error(&turned).unwrap_or_default();
        assert!((error[0] - 5.0).abs() < 1e-9 && (error[1] - 3.0).abs() < 1e-9 && (error[2] - 1.0).abs() < 1e-9);
    }
}
