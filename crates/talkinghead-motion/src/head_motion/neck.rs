//! Turning about the neck: a head that turns also moves its face.

use talkinghead_face::HeadPose;

use super::Angles;
use crate::track::turned_about_neck;

/// Poses whose translation and scale follow from turning about the neck.
pub(super) fn poses(angles: &Angles) -> Vec<HeadPose> {
    let [yaw, pitch, roll] = angles;
    yaw.iter().zip(pitch).zip(roll).map(|((yaw, pitch), roll)| turned_about_neck(*yaw, *pitch, *roll)).collect()
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
