//! The pose of the reference's file set: a rigid fit of 68 points to a standard face, in double precision (SPEC-data
//! section 4). [`crate::RigidFit`] is what this project itself poses with; this one exists so that files can be exchanged.

use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};

use super::canonical::CanonicalMesh;
use super::landmarks68::{Landmarks68, mesh_points};

/// The points that take part in the fit, in the reference's order: jaw sides, nose, eye corners, brow ends.
pub const STABLE_POINTS: [usize; 27] =
    [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 27, 28, 29, 30, 31, 32, 33, 34, 35, 39, 42, 36, 45, 17, 21, 22, 26];

/// The motion that carries a posed face onto the standard face: `front = rotation * posed + translation`. No scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferencePose {
    /// A proper rotation.
    pub rotation: Matrix3<f64>,
    /// Pixels.
    pub translation: Vector3<f64>,
}

impl ReferencePose {
    /// Least-squares fit (Kabsch) of the [`STABLE_POINTS`] of `posed` to those of `standard`.
    pub fn fit(posed: &Landmarks68, standard: &Landmarks68) -> Self {
        let stable = |points: &Landmarks68| STABLE_POINTS.map(|i| Vector3::from(points[i]));
        let (a, b) = (stable(posed), stable(standard));
        let mean = |points: &[Vector3<f64>; 27]| points.iter().sum::<Vector3<f64>>() / points.len() as f64;
        let (centre_a, centre_b) = (mean(&a), mean(&b));
        let covariance: Matrix3<f64> = a.iter().zip(&b).map(|(p, q)| (p - centre_a) * (q - centre_b).transpose()).sum();
        let svd = covariance.svd(true, true);
        let (Some(u), Some(v_t)) = (svd.u, svd.v_t) else {
            return Self { rotation: Matrix3::identity(), translation: centre_b - centre_a };
        };
        let mut rotation = v_t.transpose() * u.transpose();
        if rotation.determinant() < 0.0 {
            // Singular values come from large to small: the last direction is the least certain.
            let mut v = v_t.transpose();
            v.column_mut(2).neg_mut();
            rotation = v * u.transpose();
        }
        Self { rotation, translation: centre_b - rotation * centre_a }
    }

    /// Takes the pose out: the reference's "front" landmarks.
    pub fn to_front(&self, posed: &Landmarks68) -> Landmarks68 {
        posed.map(|p| (self.rotation * Vector3::from(p) + self.translation).into())
    }

    /// Puts the pose in: the reference's "reverse".
    pub fn to_posed(&self, front: &Landmarks68) -> Landmarks68 {
        front.map(|q| (self.rotation.transpose() * (Vector3::from(q) - self.translation)).into())
    }

    /// Axis times angle, radians; at most pi long.
    pub fn rotation_vector(&self) -> Vector3<f64> {
        UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(self.rotation)).scaled_axis()
    }

    /// The row of the reference's `_rt.npy`: rotation vector (radians), then translation (pixels).
    pub fn to_rt(&self) -> [f64; 6] {
        let (r, t) = (self.rotation_vector(), self.translation);
        [r.x, r.y, r.z, t.x, t.y, t.z]
    }

    /// From a row of the reference's `_rt.npy`.
    pub fn from_rt(rt: [f64; 6]) -> Self {
        Self {
            rotation: *Rotation3::from_scaled_axis(Vector3::new(rt[0], rt[1], rt[2])).matrix(),
            translation: Vector3::new(rt[3], rt[4], rt[5]),
        }
    }

    /// How far the head is turned, as the reference measures it: `|r1| + |r2| + |r3|`, radians.
    pub fn turn(&self) -> f64 {
        self.rotation_vector().abs().sum()
    }
}

/// The frame whose head is turned least (SPEC-data section 5); the first of equals. `None` without frames.
pub fn key_frame(poses: &[ReferencePose]) -> Option<usize> {
    (0..poses.len()).min_by(|&a, &b| poses[a].turn().total_cmp(&poses[b].turn()))
}

/// A standard face for [`ReferencePose::fit`], since the reference's own is not to be had: the canonical mesh, upright in the
/// middle of a 256x256 frame, as large as the reference's crop shows a face.
pub fn standard_face() -> Landmarks68 {
    // The crop is 205/90 times as wide as the box around the 68 points.
    let vertices = mesh_points().map(|i| CanonicalMesh::get().vertices[i].map(f64::from));
    let range = |axis: usize| {
        let values = vertices.iter().map(|v| v[axis]);
        let (low, high) = (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
        (high - low, (high + low) / 2.0)
    };
    let ((width, x), (height, y), (_, z)) = (range(0), range(1), range(2));
    let scale = 256.0 * 90.0 / 205.0 / width.max(height);
    vertices.map(|v| [128.0 + scale * (v[0] - x), 128.0 + scale * (v[1] - y), -scale * (v[2] - z)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_face_is_found_again() {
        let standard = standard_face();
        for rt in [[0.1, -0.4, 0.05, 12.0, -7.0, 3.0], [0.0; 6], [0.0, 3.1, 0.1, 1.0, 2.0, 3.0]] {
            let pose = ReferencePose::from_rt(rt);
            let found = ReferencePose::fit(&pose.to_posed(&standard), &standard);
            for (a, b) in found.to_rt().iter().zip(rt) {
                assert!((a - b).abs() < 1e-8, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_mirrored_face_is_turned_not_mirrored() {
        let standard = standard_face();
        let mirrored = standard.map(|[x, y, z]| [x, y, -z]);
        assert!((ReferencePose::fit(&mirrored, &standard).rotation.determinant() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_least_turned_frame_is_the_key() {
        let pose = |angle: f64| ReferencePose::from_rt([angle, 0.0, -angle, 0.0, 0.0, 0.0]);
        assert_eq!(key_frame(&[pose(0.3), pose(-0.1), pose(0.2)]), Some(1));
        assert_eq!(key_frame(&[]), None);
    }
}
