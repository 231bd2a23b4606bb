//! The rigid fit of a frame's landmarks to the standard face, and back (SPEC-data, section 4).

use nalgebra::{Matrix3, Rotation3, Vector3};

/// Points that hardly move with the expression: jaw, nose, eye corners, brow ends.
pub const STABLE_POINTS: [usize; 27] = [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 27, 28, 29, 30, 31, 32, 33, 34, 35, 39, 42, 36, 45, 17, 21, 22, 26];

/// A rotation and a translation that carry posed points into the standard frame: `q = R p + t`.
#[derive(Debug, Clone, PartialEq)]
pub struct RigidPose {
    /// R
    pub rotation: Matrix3<f64>,
    /// t, pixels.
    pub translation: Vector3<f64>,
}

impl RigidPose {
    /// Least squares over the [`STABLE_POINTS`] of two faces of 68 points; no scale.
    pub fn fit(points: &[[f64; 3]], standard: &[[f64; 3]]) -> Self {
        let from: Vec<Vector3<f64>> = STABLE_POINTS.iter().map(|&i| points[i].into()).collect();
        let to: Vec<Vector3<f64>> = STABLE_POINTS.iter().map(|&i| standard[i].into()).collect();
        let n = from.len() as f64;
        let (mean_from, mean_to) = (from.iter().sum::<Vector3<f64>>() / n, to.iter().sum::<Vector3<f64>>() / n);
        let covariance: Matrix3<f64> = from.iter().zip(&to).map(|(a, b)| (a - mean_from) * (b - mean_to).transpose()).sum();
        let svd = covariance.svd(true, true);
        let (u, v_t) = (svd.u.unwrap_or_else(Matrix3::identity), svd.v_t.unwrap_or_else(Matrix3::identity));
        let mut sign = Vector3::repeat(1.0);
        if (v_t.transpose() * u.transpose()).determinant() < 0.0 {
            // Singular values are ordered from large to small: the last is the smallest.
            sign[2] = -1.0;
        }
        let rotation = v_t.transpose() * Matrix3::from_diagonal(&sign) * u.transpose();
        Self { rotation, translation: mean_to - rotation * mean_from }
    }

    /// The pose of a stored row: rotation vector, translation.
    pub fn from_row(row: &[f64; 6]) -> Self {
        let rotation = Rotation3::from_scaled_axis(Vector3::new(row[0], row[1], row[2]));
        Self { rotation: rotation.into_inner(), translation: Vector3::new(row[3], row[4], row[5]) }
    }

    /// Rotation vector (radians, at most pi long) and translation (pixels).
    pub fn to_row(&self) -> [f64; 6] {
        let axis = Rotation3::from_matrix_unchecked(self.rotation).scaled_axis();
        [axis.x, axis.y, axis.z, self.translation.x, self.translation.y, self.translation.z]
    }

    /// Points with the pose removed.
    pub fn to_front(&self, points: &[[f64; 3]]) -> Vec<[f64; 3]> {
        points.iter().map(|&p| (self.rotation * Vector3::from(p) + self.translation).into()).collect()
    }

    /// Frontal points put into the pose.
    pub fn posed(&self, front: &[[f64; 3]]) -> Vec<[f64; 3]> {
        let back = self.rotation.transpose();
        front.iter().map(|&q| (back * (Vector3::from(q) - self.translation)).into()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pose_is_found_again_and_undone(axis in prop::array::uniform3(-1.0_f64..1.0), shift in prop::array::uniform3(-50.0_f64..50.0)) {
            let standard = crate::alignment::standard_face();
            let truth = RigidPose::from_row(&[axis[0], axis[1], axis[2], shift[0], shift[1], shift[2]]);
            let posed = truth.posed(&standard);
            let found = RigidPose::fit(&posed, &standard);
            for (a, b) in found.to_row().iter().zip(truth.to_row()) {
                prop_assert!((a - b).abs() < 1e-8);
            }
            let again = found.posed(&found.to_front(&posed));
            prop_assert!(again.iter().flatten().zip(posed.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}
