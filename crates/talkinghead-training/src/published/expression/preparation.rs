//! Sound as the network takes it.

use super::SAMPLE_RATE;
use crate::Compatibility;

/// Samples of a frame.
const CHUNK: usize = (SAMPLE_RATE / 25) as usize;
/// Chunks on each side of a frame's own.
const AROUND: usize = 3;
/// Samples of a frame's window.
pub const SAMPLES: usize = (2 * AROUND + 1) * CHUNK;

/// The window of sound around a frame: its own chunk of 2000 samples at 50 kHz (-1..1) and three on each side, `[14000]`.
///
/// Before the beginning lie the first three chunks again, behind the end the last four, as published; its defect of putting those
/// in front of the last sample moves one sample and is not kept. As published samples are 16-bit numbers.
pub fn sound_window(samples: &[f32], frame: usize, compatibility: Compatibility) -> Vec<f32> {
    let scale = match compatibility {
        Compatibility::Reference => 32768.0,
        Compatibility::Right => 1.0,
    };
    let (head, tail) = (AROUND * CHUNK, (AROUND + 1) * CHUNK);
    let at = |place: usize| {
        let index = match place.checked_sub(head) {
            None => place,
            Some(index) if index < samples.len() => index,
            Some(index) => samples.len().saturating_sub(tail) + (index - samples.len()),
        };
        samples.get(index).copied().unwrap_or(0.0) * scale
    };
    (frame * CHUNK..frame * CHUNK + SAMPLES).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_its_frame_in_the_middle() {
        let samples: Vec<f32> = (0..20 * CHUNK).map(|i| (i / CHUNK) as f32).collect();
        let chunks = |frame: usize| -> Vec<f32> {
            sound_window(&samples, frame, Compatibility::Right).chunks(CHUNK).map(|chunk| chunk[7]).collect()
        };
        assert_eq!(chunks(10), [7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0]);
        assert_eq!(chunks(0), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(chunks(18), [15.0, 16.0, 17.0, 18.0, 19.0, 16.0, 17.0]);
        assert_eq!(sound_window(&samples, 10, Compatibility::Reference)[3 * CHUNK], 10.0 * 32768.0);
        assert_eq!(sound_window(&[], 4, Compatibility::Right), vec![0.0; SAMPLES]);
    }
}
