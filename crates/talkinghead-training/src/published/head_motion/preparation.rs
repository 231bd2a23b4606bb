//! Poses and sound as the network takes them.

use talkinghead_dataset::clip::{AudioTail, audio_windows};
use talkinghead_face::HannWindow;

use super::SAMPLE_RATE;
use crate::Compatibility;

/// Chunks and samples of a frame's window of sound.
pub const WINDOW: [usize; 2] = [7, (SAMPLE_RATE / 25) as usize];
/// Mean and standard deviation of the six numbers of a pose over the published training clips: rotation vector (radians), translation
/// (pixels).
const MEAN: [f64; 6] = [0.07, -0.008, -0.016, 11.4, 5.69, -4.37];
const DEVIATION: [f64; 6] = [0.066, 0.132, 0.071, 9.99, 9.24, 16.95];
/// Frames of the windows that smooth poses and sound.
const POSE_SMOOTHING: usize = 11;
const SOUND_SMOOTHING: usize = 21;

/// Poses in the network's units, smoothed over time: `[frames][6]`. The published tool is late by a frame.
pub fn normalised_poses(poses: &[[f64; 6]], compatibility: Compatibility) -> Vec<[f32; 6]> {
    let window = HannWindow::new(fitting(POSE_SMOOTHING, poses.len()));
    let late = late(compatibility);
    let at = |frame: i64, k: usize| window.at(poses.len(), |i| (poses[i][k] - MEAN[k]) / DEVIATION[k], frame - late) as f32;
    (0..poses.len() as i64).map(|frame| std::array::from_fn(|k| at(frame, k))).collect()
}

/// Poses from the network's units.
pub fn restored_poses(normalised: &[[f32; 6]]) -> Vec<[f64; 6]> {
    normalised.iter().map(|pose| std::array::from_fn(|k| f64::from(pose[k]) * DEVIATION[k] + MEAN[k])).collect()
}

/// The window of sound of each of so many frames, `[frames][7 * 640]`, from samples of -1..1 at 16 kHz: its own chunk and three on
/// each side, every place smoothed along the frames.
///
/// As published the samples are 16-bit numbers and remain whole ones, the smoothing is late by a frame, and the sound is continued
/// in front of its last sample; otherwise they are -1..1.
pub fn sound_windows(samples: &[f32], frames: usize, compatibility: Compatibility) -> Vec<Vec<f32>> {
    let [chunks, chunk] = WINDOW;
    let tail = match compatibility {
        Compatibility::Reference => AudioTail::BeforeLastSample,
        Compatibility::Right => AudioTail::Appended,
    };
    // A sound that ends before the pictures goes on in silence.
    let mut samples: Vec<f64> = samples.iter().map(|sample| scaled(*sample, compatibility)).collect();
    samples.resize(samples.len().max(frames * chunk), 0.0);
    let windows = audio_windows(samples.len(), chunk, chunks / 2, frames, tail);
    let window = HannWindow::new(fitting(SOUND_SMOOTHING, windows.len()));
    let late = late(compatibility);
    let smoothed = |frame: i64, place: usize| {
        let value = window.at(windows.len(), |i| samples[windows[i][place]], frame - late);
        if compatibility == Compatibility::Reference { value.trunc() as f32 } else { value as f32 }
    };
    (0..windows.len() as i64).map(|frame| (0..chunks * chunk).map(|place| smoothed(frame, place)).collect()).collect()
}

fn scaled(sample: f32, compatibility: Compatibility) -> f64 {
    match compatibility {
        Compatibility::Reference => (f64::from(sample) * 32768.0).round().clamp(-32768.0, 32767.0),
        Compatibility::Right => f64::from(sample),
    }
}

/// Frames by which the published smoothing is late.
fn late(compatibility: Compatibility) -> i64 {
    i64::from(compatibility == Compatibility::Reference)
}

/// The widest odd window up to `width` that fits so many frames.
fn fitting(width: usize, frames: usize) -> usize {
    width.min(frames.saturating_sub(1) | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poses_come_back() {
        let poses = [[0.1, -0.05, 0.02, 12.0, 3.0, -9.0]; 30];
        let back = restored_poses(&normalised_poses(&poses, Compatibility::Right));
        assert!(back.iter().flatten().zip(poses.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn the_published_smoothing_is_late_by_a_frame() {
        let mut poses = [[0.0; 6]; 40];
        poses[20] = [1.0; 6];
        let peak = |compatibility| {
            let smoothed = normalised_poses(&poses, compatibility);
            (0..40).max_by(|&a, &b| smoothed[a][0].total_cmp(&smoothed[b][0]))
        };
        assert_eq!([peak(Compatibility::Right), peak(Compatibility::Reference)], [Some(20), Some(21)]);
    }

    #[test]
    fn windows_hold_their_frames_sound_in_the_middle() {
        // Each chunk is one number: its frame.
        let samples: Vec<f32> = (0..30 * 640).map(|i| (i / 640) as f32 / 100.0).collect();
        let right = sound_windows(&samples, 30, Compatibility::Right);
        assert_eq!([right.len(), right[0].len()], [30, 4480]);
        // A ramp is smoothed into itself.
        assert!((right[15][3 * 640 + 5] - 0.15).abs() < 1e-6 && (right[15][5] - 0.12).abs() < 1e-6);
        let reference = sound_windows(&samples, 30, Compatibility::Reference);
        assert_eq!(reference[15][3 * 640 + 5], reference[15][3 * 640 + 5].trunc());
        assert!((reference[15][3 * 640 + 5] - 0.14 * 32768.0).abs() < 2.0);
        assert_eq!(sound_windows(&samples, 60, Compatibility::Right).len(), 60, "frames beyond the sound are silent");
    }
}
