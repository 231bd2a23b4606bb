//! The head as a BVH file: one joint with position and rotation, centimetres and degrees, y up.

use std::fmt::Write;

use talkinghead_media::FRAME_RATE;

use super::axes::{angles, place};
use crate::MotionTrack;

/// The joint lies in the middle of the head; its end is the crown.
pub(super) fn text(track: &MotionTrack) -> String {
    let mut text = String::from(
        "HIERARCHY\nROOT Head\n{\n\tOFFSET 0.0 0.0 0.0\n\tCHANNELS 6 Xposition Yposition Zposition Xrotation Yrotation Zrotation\n\
         \tEnd Site\n\t{\n\t\tOFFSET 0.0 12.0 0.0\n\t}\n}\nMOTION\n",
    );
    // Writing to a string does not fail.
    let _ = writeln!(text, "Frames: {}\nFrame Time: {}", track.len(), 1.0 / f64::from(FRAME_RATE));
    for frame in &track.frames {
        let numbers = place(&frame.head_pose).into_iter().chain(angles(&frame.head_pose));
        let numbers: Vec<String> = numbers.map(|value| format!("{:.4}", if value.abs() < 5e-5 { 0.0 } else { value })).collect();
        let _ = writeln!(text, "{}", numbers.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MotionFrame;
    use talkinghead_face::HeadPose;

    #[test]
    fn the_head_is_a_joint() {
        let turned = HeadPose { yaw: 5.0, pitch: -3.0, roll: 2.0, translation: [0.1, -0.2], scale: 1.0 };
        let frames = vec![MotionFrame::default(), MotionFrame { head_pose: turned, ..Default::default() }];
        let text = text(&MotionTrack { frames, ..Default::default() });
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.contains("Frames: 2\nFrame Time: 0.04\n"));
        assert_eq!(lines[lines.len() - 2], "0.0000 0.0000 0.0000 0.0000 0.0000 0.0000");
        assert_eq!(lines[lines.len() - 1], "0.6400 1.2800 0.0000 -3.0000 -5.0000 -2.0000");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
