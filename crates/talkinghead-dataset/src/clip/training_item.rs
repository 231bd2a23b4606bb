//! Which frames and which part of them a training item takes (SPEC-data, sections 9, 10 and 13), without the chance in it:
//! the random numbers are arguments.

use std::ops::Range;

/// Where an item's frames may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameRanges {
    /// References are drawn from here, without replacement.
    pub references: Range<usize>,
    /// Targets are drawn from here.
    pub targets: Range<usize>,
}

/// References come from the start of a clip, targets from the rest. `None` when the clip is too short.
///
/// `frames` of the clip, `shots` references and `targets` consecutive target frames an item, `reference_share` of the clip
/// kept for references (the reference's `ref_ratio`).
pub fn frame_ranges(frames: usize, shots: usize, targets: usize, reference_share: f64) -> Option<FrameRanges> {
    if frames < shots + targets {
        return None;
    }
    let for_targets = ((frames as f64 * (1.0 - reference_share)) as usize).max(targets);
    let for_references = frames.saturating_sub(for_targets).max(shots);
    Some(FrameRanges { references: 0..for_references, targets: for_references..frames })
}

/// A box in whole pixels, ends exclusive; may reach outside the picture, where it is black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelBox {
    /// First row.
    pub top: i64,
    /// One past the last row.
    pub bottom: i64,
    /// First column.
    pub left: i64,
    /// One past the last column.
    pub right: i64,
}

/// The random part of a training crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropJitter {
    /// Factors of width and height, 0.8..1.2.
    pub scale: [f64; 2],
    /// Shifts in widths and heights, -0.2..0.2.
    pub offset: [f64; 2],
}

/// The box that training cuts out around a frame's landmarks (x, y, z in pixels); without jitter the centred one.
pub fn training_crop(points: &[[f64; 3]], jitter: Option<CropJitter>) -> PixelBox {
    let extreme =
        |axis: usize| points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis].trunc()), b.max(p[axis].trunc())));
    let ((x0, x1), (y0, y1)) = (extreme(0), extreme(1));
    let (mut width, mut height) = (x1 - x0, x1 - x0);
    let (mut x, mut y) = (((x0 + x1) / 2.0).floor(), ((y0 + y1) / 2.0).floor());
    if let Some(CropJitter { scale, offset }) = jitter {
        width *= scale[0];
        height *= scale[1];
        x += (offset[0] * width).trunc();
        y += (offset[1] * height).trunc();
    }
    let (left, top) = (x - width, y - 1.25 * height);
    PixelBox { top: top as i64, bottom: (top + 2.0 * height) as i64, left: left as i64, right: (left + 2.0 * width) as i64 }
}

/// How the end of a recording is padded for windows that reach beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioTail {
    /// The last chunks again, put before the very last sample: what the reference does, by mistake.
    BeforeLastSample,
    /// The last chunks again, appended.
    Appended,
}

/// Sample numbers of the window of each frame: `around` chunks before and after the frame's own, each of `chunk` samples.
/// Row `i` holds `(2 around + 1) * chunk` numbers.
pub fn audio_windows(samples: usize, chunk: usize, around: usize, frames: usize, tail: AudioTail) -> Vec<Vec<usize>> {
    let head = (around * chunk).min(samples);
    let repeated = ((around + 1) * chunk).min(samples);
    let mut extended: Vec<usize> = (0..head).collect();
    match tail {
        AudioTail::BeforeLastSample => {
            extended.extend(0..samples.saturating_sub(1));
            extended.extend(samples - repeated..samples);
            extended.extend(samples.checked_sub(1));
        }
        AudioTail::Appended => {
            extended.extend(0..samples);
            extended.extend(samples - repeated..samples);
        }
    }
    let length = (2 * around + 1) * chunk;
    (0..frames).filter_map(|frame| extended.get(frame * chunk..frame * chunk + length).map(<[usize]>::to_vec)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_overlap() {
        assert_eq!(frame_ranges(8, 8, 1, 0.25), None);
        let ranges = frame_ranges(100, 8, 1, 0.25);
        assert_eq!(ranges, Some(FrameRanges { references: 0..25, targets: 25..100 }));
        assert_eq!(frame_ranges(9, 8, 1, 0.0), Some(FrameRanges { references: 0..8, targets: 8..9 }));
    }

    #[test]
    fn the_right_tail_keeps_every_frame_in_its_place() {
        let windows = audio_windows(6400, 640, 1, 10, AudioTail::Appended);
        assert_eq!(windows.len(), 10);
        assert!((0..10).all(|frame| windows[frame][640] == frame * 640));
    }
}
