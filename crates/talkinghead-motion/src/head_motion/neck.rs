//! Turning about the neck: a head that turns also moves its face.

use nalgebra::Vector3;
use talkinghead_face::HeadPose;

use super::Angles;

/// From the head's centre to the neck's joint in interocular distances: down and back.
const NECK: [f32; 3] = [0.0, 1.1, 1.0];
/// Usual distance of the camera in interocular distances (about 70 cm).
const CAMERA_DISTANCE: f32 = 12.0;

/// Poses whose translation and scale follow from turning about the neck.
pub(super) fn poses(angles: &Angles) -> Vec<HeadPose> {
    (0..angles[0].len())
        .map(|k| {
            let turned = HeadPose { yaw: angles[0][k], pitch: angles[1][k], roll: angles[2][k], ..HeadPose::default() };
            let neck = Vector3::from(NECK);
            let shift = neck - turned.rotation() * neck;
            HeadPose { translation: [shift.x, shift.y], scale: 1.0 / (1.0 + shift.z / CAMERA_DISTANCE), ..turned }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_goes_where_it_turns() {
        let angles: Angles = [vec![0.0, 5.0, 0.0, 0.0], vec![0.0, 0.0, 5.0, 0.0], vec![0.0, 0.0, 0.0, 5.0]];
        let poses = poses(&angles);
        assert_eq!(poses[0], HeadPose::default());
        assert!(poses[1].translation[0] < -0.05, "turned to the left edge, moved there");
        assert!(poses[2].translation[1] > 0.05 && poses[2].scale > 1.0, "nodded: down and nearer");
        assert!(poses[3].translation[0] > 0.05, "tilted clockwise: to the right");
    }
}
