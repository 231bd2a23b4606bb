//! Gathering what a panel of output pixels sees.

use crate::geometry::Phase;
use crate::simd::{Simd, TILE_VECTORS};

/// Pixels of a panel that lie in one row of the phase.
#[derive(Debug, Clone, Copy)]
struct Segment {
    row: usize,
    column: usize,
    /// Position in the panel.
    at: usize,
    length: usize,
}

/// Where a tap's inputs lie for a segment: pixels `before..inside` come from `from` on, the others from outside the picture.
#[derive(Debug, Clone, Copy)]
struct Source {
    before: usize,
    inside: usize,
    from: usize,
}

impl Source {
    fn new(segment: Segment, size: [usize; 2], phase: &Phase, dy: isize, dx: isize) -> Self {
        let step = phase.input_step[1];
        let start = (segment.column * step) as isize + dx;
        let before = if start < 0 { start.unsigned_abs().div_ceil(step) } else { 0 };
        let room = size[1] as isize - start;
        let inside = if room <= 0 { 0 } else { room.unsigned_abs().div_ceil(step).min(segment.length) };
        let y = (segment.row * phase.input_step[0]) as isize + dy;
        match usize::try_from(y) {
            Ok(y) if y < size[0] && inside > before => {
                Self { before, inside, from: y * size[1] + (start + (before * step) as isize) as usize }
            }
            _ => Self { before: segment.length, inside: segment.length, from: 0 },
        }
    }
}

/// Packs `[channel][tap][COLUMNS]` for the pixels from `first` on into `panel`; pixels beyond the phase are zero.
///
/// `x` holds the channels to pack, `[channels, height, width]`.
///
/// # Safety
/// The processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn gather<S: Simd>(x: &[f32], size: [usize; 2], phase: &Phase, first: usize, panel: &mut [f32]) {
    let plane = size[0] * size[1];
    let channels = x.len() / plane;
    let taps = phase.taps.len();
    let width = S::COLUMNS;
    let panel = &mut panel[..channels * taps * width];
    let end = (first + width).min(phase.size[0] * phase.size[1]);
    let step = phase.input_step[1];
    let mut at = first;
    while at < end {
        let (row, column) = (at / phase.size[1], at % phase.size[1]);
        let length = (phase.size[1] - column).min(end - at);
        let segment = Segment { row, column, at: at - first, length };
        for (index, tap) in phase.taps.iter().enumerate() {
            let source = Source::new(segment, size, phase, tap.dy, tap.dx);
            if length == width && step == 1 && source.before == 0 && source.inside == width {
                assert!(source.from + width <= plane);
                for channel in 0..channels {
                    // SAFETY: a whole line of the panel, which was cut to `channels * taps` of them; the input's end was checked
                    // for one channel and `x` holds `channels` planes.
                    unsafe {
                        let from = x.as_ptr().add(channel * plane + source.from);
                        let to = panel.as_mut_ptr().add((channel * taps + index) * width);
                        for part in 0..TILE_VECTORS {
                            S::store(to.add(part * S::LANES), S::load(from.add(part * S::LANES)));
                        }
                    }
                }
                continue;
            }
            // Every second number: the vectors read one number beyond the last, which must still be the picture's.
            let reach = source.from + 2 * width;
            if length == width && step == 2 && source.before == 0 && source.inside == width && reach <= plane {
                for channel in 0..channels {
                    // SAFETY: as above, for `2 * width` numbers.
                    unsafe {
                        let from = x.as_ptr().add(channel * plane + source.from);
                        let to = panel.as_mut_ptr().add((channel * taps + index) * width);
                        for part in 0..TILE_VECTORS {
                            let from = from.add(2 * part * S::LANES);
                            S::store(to.add(part * S::LANES), S::even([S::load(from), S::load(from.add(S::LANES))]));
                        }
                    }
                }
                continue;
            }
            let Source { before, inside, from } = source;
            for channel in 0..channels {
                let line = &mut panel[(channel * taps + index) * width + segment.at..][..length];
                line[..before].fill(0.0);
                line[inside..].fill(0.0);
                if before < inside {
                    copy(&x[channel * plane + from..], step, &mut line[before..inside]);
                }
            }
        }
        at += length;
    }
    if end < first + width {
        let used = end.saturating_sub(first);
        for line in panel.chunks_exact_mut(width) {
            line[used..].fill(0.0);
        }
    }
}

#[inline(always)]
fn copy(from: &[f32], step: usize, to: &mut [f32]) {
    match step {
        1 => to.copy_from_slice(&from[..to.len()]),
        2 => {
            let whole = to.len() / 8 * 8;
            let (groups, rest) = to.split_at_mut(whole);
            // Eight at a time, so that the compiler makes a shuffle of it; the last of a row may lack its odd number.
            for (index, to) in groups.chunks_exact_mut(8).enumerate() {
                let from = &from[16 * index..][..15];
                for i in 0..8 {
                    to[i] = from[2 * i];
                }
            }
            for (index, to) in rest.iter_mut().enumerate() {
                *to = from[2 * (whole + index)];
            }
        }
        _ => {
            for (to, from) in to.iter_mut().zip(from.iter().step_by(step)) {
                *to = *from;
            }
        }
    }
}
