//! Landmark distance (Chen et al. 2018): how far the points of one face lie from those of another.

use talkinghead_face::{IBUG_POINTS, Landmarks, RigidFit};

/// Points of the lips among the 68.
const MOUTH: std::ops::Range<usize> = 48..IBUG_POINTS;
/// Rows of the mesh for the 68 points come through [`Landmarks::to_68`].
const IN_PER_CENT: f64 = 100.0;

/// Distances of one frame, in per cent of the real face's interocular distance.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct LandmarkDistance {
    /// All 68 points, where they lie in the picture.
    pub whole: f64,
    /// The 20 points of the mouth, where they lie in the picture.
    pub mouth: f64,
    /// All 68 points, each face turned to the front, moved and scaled onto the canonical mesh first: pose, place and size count no more.
    pub whole_aligned: f64,
    /// The points of the mouth, so aligned.
    pub mouth_aligned: f64,
}

impl LandmarkDistance {
    /// Compares two faces of one picture size. x and y only, so the depth that the networks guess does not count.
    pub fn between(face: &Landmarks, real: &Landmarks) -> Self {
        let unit = f64::from(real.interocular_distance()).max(1e-6);
        let (whole, mouth) = distances(face, real, unit);
        let (face, real) = (frontal(face), frontal(real));
        let unit = f64::from(real.interocular_distance()).max(1e-6);
        let (whole_aligned, mouth_aligned) = distances(&face, &real, unit);
        Self { whole, mouth, whole_aligned, mouth_aligned }
    }
}

fn frontal(face: &Landmarks) -> Landmarks {
    let fit = RigidFit::to_canonical(face);
    face.map(|point| fit.to_frontal(point))
}

fn distances(face: &Landmarks, real: &Landmarks, unit: f64) -> (f64, f64) {
    let (face, real) = (face.to_68(), real.to_68());
    let all: Vec<f64> = face.iter().zip(&real).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).collect();
    let mean = |values: &[f64]| IN_PER_CENT * values.iter().sum::<f64>() / values.len() as f64 / unit;
    (mean(&all), mean(&all[MOUTH]))
}

#[cfg(test)]
mod tests {
    use talkinghead_face::{CanonicalMesh, HeadPose, Landmarks};

    use super::*;

    /// A canonical face of 20 pixels a centimetre, turned, with irises 6 cm apart, its lower lip and chin lowered.
    fn face(yaw: f32, shift: f32, lower: f32) -> Landmarks {
        let mut points = CanonicalMesh::get().vertices.clone();
        points.resize(478, [0.0; 3]);
        for k in 0..5 {
            points[468 + k] = [-3.0, -2.5, -4.0];
            points[473 + k] = [3.0, -2.5, -4.0];
        }
        points[14][1] += lower;
        let rotation = HeadPose { yaw, ..HeadPose::default() }.rotation();
        Landmarks::from_fn(|i| {
            let turned = 20.0 * (rotation * nalgebra::Vector3::from(points[i]));
            [turned.x + 200.0 + shift, turned.y + 200.0, turned.z]
        })
    }

    #[test]
    fn a_shifted_face_is_as_far_as_it_was_shifted() {
        let found = LandmarkDistance::between(&face(0.0, 6.0, 0.0), &face(0.0, 0.0, 0.0));
        assert!((found.whole - 5.0).abs() < 1e-3 && (found.mouth - 5.0).abs() < 1e-3, "{found:?}");
        assert!(found.whole_aligned < 1e-2 && found.mouth_aligned < 1e-2, "{found:?}");
    }

    #[test]
    fn a_turned_face_is_the_same_once_aligned_and_a_lip_is_a_twentieth_of_the_mouth() {
        let turned = LandmarkDistance::between(&face(15.0, 0.0, 0.0), &face(0.0, 0.0, 0.0));
        assert!(turned.whole > 3.0 && turned.whole_aligned < 1e-2, "{turned:?}");
        // One of the 20 points moves by 1.2 cm of 6 between the eyes.
        let open = LandmarkDistance::between(&face(15.0, 0.0, 1.2), &face(15.0, 0.0, 0.0));
        assert!((open.mouth_aligned - 1.0).abs() < 1e-2 && (open.whole_aligned - 20.0 / 68.0).abs() < 1e-2, "{open:?}");
    }
}
