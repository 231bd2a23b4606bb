//! A measured face becomes a motion track: pose, expression, blinks and gaze of a tracked video.

use nalgebra::Vector3;
use talkinghead_face::{HeadPose, LIP_PAIRS, Landmarks, RIGID_POINTS, RigidFit};

use crate::expression::CENTIMETRES_PER_IOD;
use crate::rhythm::quantile;
use crate::{ExpressionBasis, MeasuredHead, MotionError, MotionFrame, MotionTrack};

/// Lid points of an eye: corners and two upper/lower pairs; image-left eye, image-right eye.
const EYES: [Eye; 2] = [
    Eye { corners: (33, 133), lids: [(159, 145), (158, 153)], iris: 468 },
    Eye { corners: (362, 263), lids: [(386, 374), (385, 380)], iris: 473 },
];
/// Share of an eye's usual opening under which it counts as closing, and the opening (in eye widths) that is shut.
const CLOSING: f32 = 0.85;
const SHUT: f32 = 0.13;
/// Share of the frames, those with the least open mouth, that show the person's face at rest.
const REST_SHARE: f32 = 1.0 / 6.0;

struct Eye {
    corners: (usize, usize),
    lids: [(usize, usize); 2],
    iris: usize,
}

/// A tracked face, frame by frame, in the frontal frame.
///
/// Holds 5.6 kB a frame; long videos are measured in parts by whoever minds.
#[derive(Clone, Debug, Default)]
pub struct MeasuredFace {
    frames: Vec<Measured>,
}

#[derive(Clone, Debug)]
struct Measured {
    /// Angles, centre (pixels) and scale (pixels a centimetre).
    pose: HeadPose,
    frontal: Vec<[f32; 3]>,
    opening: f32,
    eyes: [f32; 2],
    gaze: [f32; 2],
}

impl MeasuredFace {
    /// Adds the next frame's landmarks.
    pub fn push(&mut self, landmarks: &Landmarks) {
        let fit = RigidFit::to_canonical(landmarks);
        let frontal = fit.frontal(landmarks);
        let [yaw, pitch, roll] = fit.angles();
        let mut centre = Vector3::zeros();
        for &point in &RIGID_POINTS {
            centre += Vector3::from(landmarks.points()[point]);
        }
        centre /= RIGID_POINTS.len() as f32;
        let (upper, lower) = LIP_PAIRS[LIP_PAIRS.len() / 2];
        let opening = distance(frontal[upper], frontal[lower]) / CENTIMETRES_PER_IOD;
        let pose = HeadPose { yaw, pitch, roll, translation: [centre.x, centre.y], scale: fit.scale.max(1e-6) };
        let eyes = EYES.map(|eye| {
            let lids = eye.lids.map(|(u, l)| distance(frontal[u], frontal[l]));
            (lids[0] + lids[1]) / 2.0 / distance(frontal[eye.corners.0], frontal[eye.corners.1]).max(1e-6)
        });
        let gaze = gaze(&fit, landmarks, &frontal);
        self.frames.push(Measured { pose, frontal, opening, eyes, gaze });
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Poses relative to the median pose (translation in interocular distances), for [`crate::HeadMotion::Measured`].
    pub fn head(&self) -> MeasuredHead {
        MeasuredHead { poses: self.relative_poses() }
    }

    /// The whole performance. The person's face at rest is taken from the frames with the least open mouth.
    ///
    /// # Errors
    /// [`MotionError::Empty`] without frames.
    pub fn track(&self) -> Result<MotionTrack, MotionError> {
        let rest = self.rest()?;
        let poses = self.relative_poses();
        let usual: [f32; 2] = std::array::from_fn(|k| quantile(&self.curve(|f| f.eyes[k]), 0.7));
        let straight: [f32; 2] = std::array::from_fn(|k| quantile(&self.curve(|f| f.gaze[k]), 0.5));
        let basis = ExpressionBasis::get();
        let frames = self.frames.iter().zip(poses).map(|(frame, head_pose)| {
            let displacement: Vec<[f32; 3]> =
                frame.frontal.iter().zip(&rest).map(|(p, r)| std::array::from_fn(|k| p[k] - r[k])).collect();
            let blink: [f32; 2] = std::array::from_fn(|k| {
                let wide = CLOSING * usual[k];
                ((wide - frame.eyes[k]) / (wide - SHUT).max(0.02)).clamp(0.0, 1.0)
            });
            // The iris of a closed eye cannot be seen.
            let seen = 1.0 - blink[0].max(blink[1]);
            let gaze = std::array::from_fn(|k| (seen * (frame.gaze[k] - straight[k])).clamp(-0.3, 0.3));
            MotionFrame { head_pose, expression: basis.encode(&displacement), blink, gaze }
        });
        let mut track = MotionTrack { frames: frames.collect(), ..MotionTrack::default() };
        track.clamp_to_ranges();
        Ok(track.rounded())
    }

    /// `[468]` the face at rest: the median over the frames with the least open mouth.
    fn rest(&self) -> Result<Vec<[f32; 3]>, MotionError> {
        let points = self.frames.first().ok_or(MotionError::Empty)?.frontal.len();
        let limit = quantile(&self.curve(|f| f.opening), REST_SHARE);
        let calm: Vec<&Measured> = self.frames.iter().filter(|f| f.opening <= limit).collect();
        Ok((0..points)
            .map(|p| std::array::from_fn(|k| quantile(&calm.iter().map(|f| f.frontal[p][k]).collect::<Vec<_>>(), 0.5)))
            .collect())
    }

    fn relative_poses(&self) -> Vec<HeadPose> {
        let median = |value: fn(&HeadPose) -> f32| quantile(&self.curve(|f| value(&f.pose)), 0.5);
        let (yaw, pitch, roll) = (median(|p| p.yaw), median(|p| p.pitch), median(|p| p.roll));
        let (x, y, scale) = (median(|p| p.translation[0]), median(|p| p.translation[1]), median(|p| p.scale));
        let iod = (scale * CENTIMETRES_PER_IOD).max(1e-6);
        self.frames
            .iter()
            .map(|f| HeadPose {
                yaw: f.pose.yaw - yaw,
                pitch: f.pose.pitch - pitch,
                roll: wrapped(f.pose.roll - roll),
                translation: [(f.pose.translation[0] - x) / iod, (f.pose.translation[1] - y) / iod],
                scale: f.pose.scale / scale,
            })
            .collect()
    }

    fn curve(&self, value: impl Fn(&Measured) -> f32) -> Vec<f32> {
        self.frames.iter().map(value).collect()
    }
}

impl MotionTrack {
    /// The performance of a tracked video, one frame of landmarks each 1/25 s.
    ///
    /// # Errors
    /// [`MotionError::Empty`] without frames.
    pub fn from_landmarks<'a>(frames: impl IntoIterator<Item = &'a Landmarks>) -> Result<Self, MotionError> {
        let mut face = MeasuredFace::default();
        frames.into_iter().for_each(|landmarks| face.push(landmarks));
        face.track()
    }
}

/// Mean place of the irises between the eye corners, in eye widths from the middle, x right and y down.
fn gaze(fit: &RigidFit, landmarks: &Landmarks, frontal: &[[f32; 3]]) -> [f32; 2] {
    let shift = EYES.map(|eye| {
        let (a, b) = (frontal[eye.corners.0], frontal[eye.corners.1]);
        let iris = fit.to_frontal(landmarks.points()[eye.iris]);
        let width = distance(a, b).max(1e-6);
        [0, 1].map(|k| (iris[k] - (a[k] + b[k]) / 2.0) / width)
    });
    std::array::from_fn(|k| (shift[0][k] + shift[1][k]) / 2.0)
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt()
}

fn wrapped(degrees: f32) -> f32 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use talkinghead_face::CanonicalMesh;

    use super::*;

    /// A canonical face of 20 pixels a centimetre that turns, opens its mouth and blinks.
    fn landmarks(yaw: f32, opening: f32, blink: f32) -> Landmarks {
        let mut points = CanonicalMesh::get().vertices.clone();
        for (corner, other) in [(33, 133), (362, 263)] {
            let (a, b) = (points[corner], points[other]);
            let middle = std::array::from_fn(|k| (a[k] + b[k]) / 2.0);
            points.extend([middle; 5]);
        }
        points[14] = points[13];
        points[14][1] += opening * CENTIMETRES_PER_IOD;
        for eye in EYES {
            for (u, l) in eye.lids {
                for k in 0..3 {
                    points[u][k] += blink * (points[l][k] - points[u][k]);
                }
            }
        }
        let rotation = HeadPose { yaw, ..HeadPose::default() }.rotation();
        let place = |p: [f32; 3]| (20.0 * (rotation * Vector3::from(p)) + Vector3::new(200.0, 200.0, 0.0)).into();
        Landmarks::from_fn(|i| place(points[i]))
    }

    #[test]
    fn pose_opening_and_blink_are_found_again() {
        let frames: Vec<Landmarks> = (0..60)
            .map(|k| {
                let speaking = k >= 20;
                let blink = if (30..33).contains(&k) { 1.0 } else { 0.0 };
                landmarks(if k > 40 { 9.0 } else { 4.0 }, if speaking { 0.2 } else { 0.0 }, blink)
            })
            .collect();
        let track = MotionTrack::from_landmarks(&frames).unwrap();
        assert_eq!(track.len(), 60);
        assert!(track.frames[10].head_pose.yaw.abs() < 0.1 && (track.frames[50].head_pose.yaw - 5.0).abs() < 0.2);
        assert!(track.frames[10].expression.opening < 0.02 && track.frames[25].expression.opening > 0.1);
        assert!(track.frames[31].blink[0] > 0.9 && track.frames[20].blink == [0.0; 2]);
        assert!((track.frames[50].head_pose.scale - 1.0).abs() < 0.02);
        assert!(matches!(MotionTrack::from_landmarks(&[]), Err(MotionError::Empty)));
    }
}
