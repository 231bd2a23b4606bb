//! From this project's axes (x right, y down, z away from the camera) to those of three-dimensional tools (x right, y up, z towards
//! the viewer), in centimetres.

use nalgebra::{Matrix3, Rotation3, UnitQuaternion};
use talkinghead_face::HeadPose;

use crate::expression::CENTIMETRES_PER_IOD;
use crate::track::CAMERA_DISTANCE;

/// A point or a displacement.
pub(super) fn up(point: [f32; 3]) -> [f32; 3] {
    [point[0], -point[1], -point[2]]
}

/// Where the head is: its shift, and nearer or farther for its size, seen from 12 interocular distances.
pub(super) fn place(pose: &HeadPose) -> [f32; 3] {
    let away = CAMERA_DISTANCE * (1.0 / pose.scale.max(0.1) - 1.0);
    up([pose.translation[0], pose.translation[1], away]).map(|v| v * CENTIMETRES_PER_IOD)
}

/// The head's rotation as rotations about x, then y, then z (`R = Rx Ry Rz`), in degrees.
pub(super) fn angles(pose: &HeadPose) -> [f32; 3] {
    [pose.pitch, -pose.yaw, -pose.roll]
}

/// The head's rotation as x, y, z, w.
pub(super) fn quaternion(pose: &HeadPose) -> [f32; 4] {
    let flip = Matrix3::from_diagonal(&[1.0, -1.0, -1.0].into());
    let rotation = Rotation3::from_matrix_unchecked(flip * pose.rotation() * flip);
    let q = UnitQuaternion::from_rotation_matrix(&rotation);
    [q.i, q.j, q.k, q.w]
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector3;

    #[test]
    fn both_ways_of_writing_a_rotation_agree() {
        let pose = HeadPose { yaw: 20.0, pitch: -10.0, roll: 5.0, ..HeadPose::default() };
        let [x, y, z] = angles(&pose).map(f32::to_radians);
        let about = |axis: Vector3<f32>, angle: f32| *Rotation3::new(axis * angle).matrix();
        let euler = about(Vector3::x(), x) * about(Vector3::y(), y) * about(Vector3::z(), z);
        let [i, j, k, w] = quaternion(&pose);
        let q = UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, i, j, k));
        assert!((euler - q.to_rotation_matrix().matrix()).abs().max() < 1e-5);
        // Turned to the picture's left: the nose (towards the viewer) goes to the left.
        assert!((q * Vector3::z()).x < -0.3);
        assert!(place(&HeadPose { scale: 1.1, ..HeadPose::default() })[2] > 0.0, "larger is nearer");
    }
}
