//! What follows when an edit turns the head: the neck carries the face along, and the eyes stay where they looked.

use nalgebra::Vector3;
use talkinghead_face::HeadPose;

use super::{MotionTrack, Selection};

/// From the head's centre to the neck's joint in interocular distances: down and back.
const NECK: [f32; 3] = [0.0, 1.1, 1.0];
/// Usual distance of the camera in interocular distances (about 70 cm).
pub(crate) const CAMERA_DISTANCE: f32 = 12.0;
/// Gaze in eye widths for the sine of an angle (radius of the eyeball 12 of 30 mm), and the share that eyes make up for.
const EYE_RADIUS: f32 = 0.4;
const STEADINESS: f32 = 0.75;
/// The gaze is not driven beyond this, in eye widths (14 degrees), unless it was there before.
const FARTHEST_GAZE: f32 = 0.1;

impl MotionTrack {
    /// Makes an edit of `selection` and lets what was not selected follow the head: translation and scale as the neck turns,
    /// the gaze against the turn, so that the eyes stay on what they looked at. Lips, lids and brows are not touched.
    pub(crate) fn change_head(&mut self, selection: &Selection, edit: impl FnOnce(&mut Self)) {
        let before: Vec<HeadPose> = self.frames.iter().map(|frame| frame.head_pose).collect();
        edit(self);
        let neck_follows = !selection.holds("translation") && !selection.holds("scale");
        for (frame, before) in self.frames.iter_mut().zip(before) {
            let pose = &mut frame.head_pose;
            if neck_follows {
                carry(&before, pose);
            }
            if !selection.holds("gaze") {
                let sine = |degrees: f32| degrees.to_radians().sin();
                let turn = [sine(pose.yaw) - sine(before.yaw), sine(before.pitch) - sine(pose.pitch)];
                for (gaze, turn) in frame.gaze.iter_mut().zip(turn) {
                    if turn != 0.0 {
                        let most = gaze.abs().max(FARTHEST_GAZE);
                        *gaze = (*gaze + STEADINESS * EYE_RADIUS * turn).clamp(-most, most);
                    }
                }
            }
        }
    }
}

/// Adds to translation and scale of `after` what turning about the neck from `before`'s angles to its own does.
fn carry(before: &HeadPose, after: &mut HeadPose) {
    if (before.yaw, before.pitch, before.roll) == (after.yaw, after.pitch, after.roll) {
        return;
    }
    let neck = Vector3::from(NECK);
    let shift = before.rotation() * neck - after.rotation() * neck;
    after.translation[0] = (after.translation[0] + shift.x).clamp(-20.0, 20.0);
    after.translation[1] = (after.translation[1] + shift.y).clamp(-20.0, 20.0);
    after.scale = (after.scale / (1.0 + shift.z / CAMERA_DISTANCE)).clamp(0.1, 10.0);
}

/// The pose of a head that turned about the neck to these angles (degrees) from straight ahead.
pub(crate) fn turned_about_neck(yaw: f32, pitch: f32, roll: f32) -> HeadPose {
    let mut pose = HeadPose { yaw, pitch, roll, ..HeadPose::default() };
    carry(&HeadPose::default(), &mut pose);
    pose
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::MotionFrame;

    #[test]
    fn the_face_goes_where_it_turns_and_the_eyes_stay() {
        let mut track = MotionTrack { frames: vec![MotionFrame::default(); 2], ..Default::default() };
        let yaw = "yaw".parse().unwrap();
        track.change_head(&yaw, |track| track.frames[1].head_pose.yaw = 8.0);
        assert_eq!(track.frames[0], MotionFrame::default());
        let turned = track.frames[1];
        assert!(turned.head_pose.translation[0] < -0.1, "turned to the left edge, moved there");
        assert!(turned.gaze[0] > 0.03 && turned.gaze[1] == 0.0, "head to the left edge, eyes to the right");
        track.change_head(&yaw, |track| track.frames[1].head_pose.yaw = 0.0);
        assert!(track.frames[1].head_pose.translation[0].abs() < 1e-6 && track.frames[1].gaze[0].abs() < 1e-6, "and back");
    }
}
