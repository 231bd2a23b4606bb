//! Predicted poses as a motion track.

use nalgebra::Vector3;
use talkinghead_face::{HeadPose, ReferencePose, standard_face};
use talkinghead_motion::{MotionFrame, MotionTrack};

/// Outer corners of the eyes.
const EYES: [usize; 2] = [36, 45];

/// Poses (rotation vector, translation, as in `_rt.npy`) as the head of a track, relative to the middle of the person's own poses.
pub fn pose_track(poses: &[[f64; 6]], own: &[[f64; 6]]) -> MotionTrack {
    let places: Vec<[f64; 5]> = own.iter().map(place).collect();
    let count = places.len().max(1) as f64;
    let middle: [f64; 5] = std::array::from_fn(|k| places.iter().map(|place| place[k]).sum::<f64>() / count);
    let frame = |pose: &[f64; 6]| {
        let [yaw, pitch, roll, x, y] = {
            let place = place(pose);
            std::array::from_fn(|k| (place[k] - middle[k]) as f32)
        };
        MotionFrame { head_pose: HeadPose { yaw, pitch, roll, translation: [x, y], scale: 1.0 }, ..MotionFrame::default() }
    };
    MotionTrack { frames: poses.iter().map(frame).collect(), ..MotionTrack::default() }
}

/// Yaw, pitch, roll in degrees; the head's centre, right and down, in distances of the outer eye corners.
fn place(pose: &[f64; 6]) -> [f64; 5] {
    let pose = ReferencePose::from_rt(*pose);
    // The file set's z points to the camera, ours away from it; its rotation leads to the frontal face, ours from it.
    let away = nalgebra::Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, -1.0));
    let turned = (away * pose.rotation.transpose() * away).cast::<f32>();
    let [yaw, pitch, roll] = HeadPose::angles(&turned).map(f64::from);
    let standard = standard_face();
    let [left, right] = EYES.map(|i| Vector3::from(standard[i]));
    let centre: Vector3<f64> = standard.iter().map(|point| Vector3::from(*point)).sum::<Vector3<f64>>() / standard.len() as f64;
    let moved = (pose.rotation.transpose() * (centre - pose.translation)) / (right - left).norm();
    [yaw, pitch, roll, moved.x, moved.y]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_and_shifted_face_is_turned_and_shifted_in_the_track() {
        let standard = standard_face();
        let pose = |yaw: f32, x: f64| {
            let turn = HeadPose { yaw, pitch: 5.0, roll: -3.0, ..HeadPose::default() }.rotation().cast::<f64>();
            let middle = Vector3::new(128.0, 128.0, 0.0);
            let posed = standard.map(|p| {
                let [a, b, c]: [f64; 3] = (Vector3::from(p) - middle).into();
                let q = turn * Vector3::new(a, b, -c);
                [q.x + 128.0 + x, q.y + 128.0, -q.z]
            });
            ReferencePose::fit(&posed, &standard).to_rt()
        };
        let eyes = standard[45][0] - standard[36][0];
        let track = pose_track(&[pose(12.0, 0.0), pose(4.0, 0.5 * eyes)], &[pose(4.0, 0.0)]);
        assert!((track.frames[0].head_pose.yaw - 8.0).abs() < 0.01, "{:?}", track.frames[0].head_pose);
        assert!(track.frames[0].head_pose.pitch.abs() < 0.01 && track.frames[1].head_pose.yaw.abs() < 0.01);
        assert!((track.frames[1].head_pose.translation[0] - 0.5).abs() < 0.01);
    }
}
