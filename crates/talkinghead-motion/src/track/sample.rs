//! A performance for tests: everything moves, every number differs from frame to frame.

use super::{FIELDS, MotionFrame, MotionTrack};

/// `count` frames in which every number moves within a part of its range.
pub(crate) fn performance(count: usize) -> MotionTrack {
    let frames = (0..count).map(|k| {
        let mut frame = MotionFrame::default();
        for (index, field) in FIELDS.iter().enumerate() {
            for (place, value) in field.values_mut(&mut frame).iter_mut().enumerate() {
                let wave = (k as f32 * 0.13 + index as f32 + 0.7 * place as f32).sin();
                *value += match field.name {
                    "yaw" | "pitch" | "roll" => 4.0 * wave,
                    "opening" | "blink" => 0.1 + 0.1 * wave,
                    "shape" => wave,
                    _ => 0.03 * wave,
                };
            }
        }
        frame
    });
    MotionTrack { frames: frames.collect(), ..Default::default() }
}

/// Fails unless lips, brows and lids are equal to the bit, and the head is not.
pub(crate) fn assert_same_lips(before: &MotionTrack, after: &MotionTrack) {
    assert_eq!(before.len(), after.len());
    let bits = |frame: &MotionFrame| {
        let e = frame.expression;
        let numbers = [e.opening, e.width, e.brow].into_iter().chain(e.shape).chain(frame.blink);
        numbers.map(f32::to_bits).collect::<Vec<_>>()
    };
    for (a, b) in before.frames.iter().zip(&after.frames) {
        assert_eq!(bits(a), bits(b));
    }
    assert!(before.frames.iter().zip(&after.frames).any(|(a, b)| a.head_pose != b.head_pose), "the head changed");
}
