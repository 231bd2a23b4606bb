//! A track as a CSV of ARKit blendshapes, in the layout of Epic's Live Link Face app.
//!
//! `Timecode,BlendshapeCount`, 52 blendshapes 0 to 1, then yaw, pitch and roll of head, left and right eye. Rotations have the unit
//! and the signs of Unreal Engine's own ARKit plugin without mirroring: a share of 180 degrees, yaw positive towards the person's
//! left, pitch positive upwards, roll positive towards the person's left shoulder. Frames are counted at 25 a second.

use std::fmt::Write;

use talkinghead_media::FRAME_RATE;

use super::arkit_names::{ARKIT_NAMES, place};
use super::arkit_shapes::{EYE_RADIUS, FULL_BROW, FULL_LOOK, MouthShapes};
use super::timecode::timecode;
use crate::{MotionFrame, MotionTrack};

/// Names of the rotations after the blendshapes.
pub(super) const ROTATION_NAMES: [&str; 9] = [
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    "LeftEyeYaw",
    "LeftEyePitch",
    "LeftEyeRoll",
    "RightEyeYaw",
    "RightEyePitch",
    "RightEyeRoll",
];
/// Degrees of a rotation of 1.
pub(super) const FULL_TURN: f32 = 180.0;

pub(super) fn csv(track: &MotionTrack) -> String {
    let mut text = format!("Timecode,BlendshapeCount,{},{}\n", ARKIT_NAMES.join(","), ROTATION_NAMES.join(","));
    for (index, frame) in track.frames.iter().enumerate() {
        let count = ARKIT_NAMES.len() + ROTATION_NAMES.len();
        // Writing to a string does not fail.
        let _ = write!(text, "{},{count}", timecode(index, FRAME_RATE as usize));
        for value in weights(frame).into_iter().chain(rotations(frame)) {
            // No "-0".
            let _ = write!(text, ",{:.6}", if value.abs() < 5e-7 { 0.0 } else { value });
        }
        text.push('\n');
    }
    text
}

fn weights(frame: &MotionFrame) -> [f32; 52] {
    let mut weights = [0.0; 52];
    MouthShapes::get().weights(&frame.expression, &mut weights);
    let mut set = |place: usize, value: f32| weights[place] = value.clamp(0.0, 1.0);
    // The eye at the picture's left is the person's right one.
    set(const { place("EyeBlinkRight") }, frame.blink[0]);
    set(const { place("EyeBlinkLeft") }, frame.blink[1]);
    let raised = frame.expression.brow / FULL_BROW;
    for up in [const { place("BrowInnerUp") }, const { place("BrowOuterUpLeft") }, const { place("BrowOuterUpRight") }] {
        set(up, raised);
    }
    for down in [const { place("BrowDownLeft") }, const { place("BrowDownRight") }] {
        set(down, -2.0 * raised);
    }
    let [x, y] = frame.gaze.map(|shift| angle(shift) / FULL_LOOK);
    for (place, value) in [
        (const { place("EyeLookOutLeft") }, x),
        (const { place("EyeLookInRight") }, x),
        (const { place("EyeLookInLeft") }, -x),
        (const { place("EyeLookOutRight") }, -x),
        (const { place("EyeLookDownLeft") }, y),
        (const { place("EyeLookDownRight") }, y),
        (const { place("EyeLookUpLeft") }, -y),
        (const { place("EyeLookUpRight") }, -y),
    ] {
        set(place, value);
    }
    weights
}

/// Degrees that an eye turns to shift its iris by this many eye widths.
fn angle(shift: f32) -> f32 {
    (shift / EYE_RADIUS).clamp(-1.0, 1.0).asin().to_degrees()
}

fn rotations(frame: &MotionFrame) -> [f32; 9] {
    let pose = &frame.head_pose;
    let [x, y] = frame.gaze.map(angle);
    [-pose.yaw, -pose.pitch, pose.roll, x, -y, 0.0, x, -y, 0.0].map(|degrees| degrees / FULL_TURN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::sample::performance;

    #[test]
    fn the_layout_is_the_apps() {
        let text = csv(&performance(30));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 31);
        assert!(lines[0].starts_with("Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,"));
        assert!(lines[0].ends_with(
            "TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
        ));
        assert!(lines[1].starts_with("00:00:00:00.000,61,") && lines[26].starts_with("00:00:01:00.000,61,"));
        assert!(lines.iter().all(|line| line.split(',').count() == 63));
    }
}
