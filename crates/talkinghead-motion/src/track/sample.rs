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

/// `count` copies of a text with a few bytes changed, removed or doubled; always the same ones.
pub(crate) fn mutations(text: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 1_u64;
    let mut draw = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let text = text.to_vec();
    (0..count).map(move |_| {
        let mut changed = text.clone();
        for _ in 0..=draw(3) {
            let at = draw(changed.len());
            match draw(4) {
                0 => changed[at] = b"0123456789.,-:{}[]\"eNan\n;"[draw(25)],
                1 => drop(changed.remove(at)),
                2 => changed.insert(at, b"9,-\n\":"[draw(6)]),
                _ => {
                    let end = (at + draw(40)).min(changed.len());
                    let part = changed[at..end].to_vec();
                    changed.splice(at..at, part);
                }
            }
        }
        changed
    })
}
