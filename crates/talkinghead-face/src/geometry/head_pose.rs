//! Where a head is and where it looks.

use nalgebra::{Matrix3, Vector3};

use super::canonical::{CanonicalMesh, RIGID_POINTS};
use super::landmarks::Landmarks;

/// A head pose as people speak of it.
///
/// Signs: yaw positive = face turned towards the left edge of the picture; pitch positive = looking down; roll positive =
/// head turned clockwise in the picture. (`R = Rx(pitch) Ry(yaw) Rz(roll)` in the axes x right, y down, z away.)
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HeadPose {
    /// Degrees.
    pub yaw: f32,
    /// Degrees.
    pub pitch: f32,
    /// Degrees.
    pub roll: f32,
    /// Shift of the head's centre in interocular distances, x right and y down.
    pub translation: [f32; 2],
    /// Size relative to the reference picture.
    pub scale: f32,
}

impl Default for HeadPose {
    fn default() -> Self {
        Self { yaw: 0.0, pitch: 0.0, roll: 0.0, translation: [0.0; 2], scale: 1.0 }
    }
}

impl HeadPose {
    /// The rotation matrix of yaw, pitch and roll (x right, y down, z away).
    pub fn rotation(&self) -> Matrix3<f32> {
        // r02 = sin(yaw), r12/r22 = -tan(pitch), r01/r00 = -tan(roll): R = Rx(pitch) Ry(yaw) Rz(roll).
        let (sy, cy) = self.yaw.to_radians().sin_cos();
        let (sp, cp) = self.pitch.to_radians().sin_cos();
        let (sr, cr) = self.roll.to_radians().sin_cos();
        let rx = Matrix3::new(1.0, 0.0, 0.0, 0.0, cp, -sp, 0.0, sp, cp);
        let ry = Matrix3::new(cy, 0.0, sy, 0.0, 1.0, 0.0, -sy, 0.0, cy);
        let rz = Matrix3::new(cr, -sr, 0.0, sr, cr, 0.0, 0.0, 0.0, 1.0);
        rx * ry * rz
    }

    /// Yaw, pitch, roll in degrees of a rotation matrix; the inverse of [`HeadPose::rotation`].
    pub fn angles(rotation: &Matrix3<f32>) -> [f32; 3] {
        let yaw = rotation[(0, 2)].clamp(-1.0, 1.0).asin();
        let pitch = (-rotation[(1, 2)]).atan2(rotation[(2, 2)]);
        let roll = (-rotation[(0, 1)]).atan2(rotation[(0, 0)]);
        [yaw.to_degrees(), pitch.to_degrees(), roll.to_degrees()]
    }
}

/// The similarity that carries the canonical mesh onto a face: `landmark = scale * rotation * canonical + translation`.
#[derive(Clone, Debug, PartialEq)]
pub struct RigidFit {
    /// Pixels per canonical centimetre.
    pub scale: f32,
    /// Rotation from the frontal frame to the picture.
    pub rotation: Matrix3<f32>,
    /// Pixels.
    pub translation: Vector3<f32>,
}

impl RigidFit {
    /// Least-squares similarity (Umeyama) over [`RIGID_POINTS`].
    pub fn to_canonical(landmarks: &Landmarks) -> Self {
        let canonical = &CanonicalMesh::get().vertices;
        let from: Vec<Vector3<f32>> = RIGID_POINTS.iter().map(|&i| canonical[i].into()).collect();
        let to: Vec<Vector3<f32>> = RIGID_POINTS.iter().map(|&i| landmarks.points()[i].into()).collect();
        Self::between(&from, &to)
    }

    /// Least-squares similarity that carries `from` onto `to` (same length, at least 3 points not on a line).
    pub fn between(from: &[Vector3<f32>], to: &[Vector3<f32>]) -> Self {
        let n = from.len() as f32;
        let mean_from = from.iter().sum::<Vector3<f32>>() / n;
        let mean_to = to.iter().sum::<Vector3<f32>>() / n;
        let mut covariance = Matrix3::zeros();
        let mut variance = 0.0;
        for (a, b) in from.iter().zip(to) {
            let (a, b) = (a - mean_from, b - mean_to);
            covariance += b * a.transpose();
            variance += a.norm_squared();
        }
        let svd = covariance.svd(true, true);
        let (u, v_t) = (svd.u.unwrap_or_else(Matrix3::identity), svd.v_t.unwrap_or_else(Matrix3::identity));
        let mut sign = Vector3::repeat(1.0);
        if (u * v_t).determinant() < 0.0 {
            // nalgebra orders singular values from large to small: the last is the smallest.
            sign[2] = -1.0;
        }
        let rotation = u * Matrix3::from_diagonal(&sign) * v_t;
        let scale = svd.singular_values.dot(&sign) / variance.max(1e-12);
        Self { scale, rotation, translation: mean_to - scale * (rotation * mean_from) }
    }

    /// Carries a point of the picture into the frontal frame (canonical centimetres): `R^T (p - t) / s`.
    pub fn to_frontal(&self, point: [f32; 3]) -> [f32; 3] {
        (self.rotation.transpose() * (Vector3::from(point) - self.translation) / self.scale).into()
    }

    /// Carries a frontal point into the picture: `s R p + t`.
    pub fn to_picture(&self, point: [f32; 3]) -> [f32; 3] {
        (self.scale * (self.rotation * Vector3::from(point)) + self.translation).into()
    }

    /// The frontal landmarks, one for each mesh point, `[468]`.
    pub fn frontal(&self, landmarks: &Landmarks) -> Vec<[f32; 3]> {
        landmarks.mesh().iter().map(|&p| self.to_frontal(p)).collect()
    }

    /// Yaw, pitch, roll in degrees.
    pub fn angles(&self) -> [f32; 3] {
        HeadPose::angles(&self.rotation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_rotation_are_inverse() {
        let pose = HeadPose { yaw: 12.0, pitch: -7.0, roll: 31.0, ..Default::default() };
        let [yaw, pitch, roll] = HeadPose::angles(&pose.rotation());
        assert!((yaw - 12.0).abs() < 1e-3 && (pitch + 7.0).abs() < 1e-3 && (roll - 31.0).abs() < 1e-3);
    }

    #[test]
    fn a_posed_mesh_is_found_again() {
        let pose = HeadPose { yaw: -20.0, pitch: 9.0, roll: 4.0, ..Default::default() };
        let fit = RigidFit { scale: 11.0, rotation: pose.rotation(), translation: Vector3::new(250.0, 240.0, 3.0) };
        let mut points: Vec<[f32; 3]> = CanonicalMesh::get().vertices.iter().map(|&v| fit.to_picture(v)).collect();
        points.resize(478, [0.0; 3]);
        let found = RigidFit::to_canonical(&Landmarks::from_fn(|i| points[i]));
        assert!((found.scale - 11.0).abs() < 1e-3);
        assert!((found.rotation - fit.rotation).norm() < 1e-4);
        assert!((found.translation - fit.translation).norm() < 1e-2);
    }
}
