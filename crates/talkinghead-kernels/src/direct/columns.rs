//! Gathering what a panel of output pixels sees.
//!
//! Rows are copied as whole vectors. A piece that does not fill its last vector spills into what follows, which is written afterwards;
//! so there are no short copies, and borders and row ends cost next to nothing.

use std::mem::MaybeUninit;

use talkinghead_simd::{Simd, TILE_VECTORS};

use crate::geometry::Phase;

/// Widest vector of any instruction set.
const WIDEST: usize = 16;
/// Numbers that the last line of a panel may spill.
pub(super) const SPILL: usize = WIDEST;

/// Pieces of all lines of a panel for which there is room; more, in very narrow pictures, are gathered number by number.
const MOST: usize = 320;
/// Taps for which there is room; kernels of more are gathered number by number.
const TAPS: usize = 16;
/// In place of an index: zeros.
const ZEROS: u32 = u32::MAX;

/// A run of a panel's line.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Position in the line.
    at: u16,
    /// Length.
    length: u16,
    /// Index of the first number in a plane, or [`ZEROS`].
    from: u32,
}

/// What each tap sees of a panel, worked out once for all channels.
pub(super) struct Lines {
    /// The first `ends[taps - 1]` are set.
    pieces: [MaybeUninit<Piece>; MOST],
    /// Where the pieces of each line end.
    ends: [u16; TAPS],
    /// Where each line starts that is one whole row; [`ZEROS`] for the others.
    rows: [u32; TAPS],
    /// Whether there was room for everything.
    whole: bool,
    /// Whether some line is not one whole row that ends well inside its plane.
    broken: bool,
    first: usize,
}

impl Lines {
    /// Of no panel.
    pub const fn empty() -> Self {
        Self {
            pieces: [const { MaybeUninit::uninit() }; MOST],
            ends: [0; TAPS],
            rows: [ZEROS; TAPS],
            whole: false,
            broken: false,
            first: 0,
        }
    }

    /// Pieces of a line.
    #[inline(always)]
    fn line(&self, index: usize) -> &[Piece] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        let pieces = &self.pieces[usize::from(start)..usize::from(self.ends[index])];
        // SAFETY: `push` has set every piece before an end; MaybeUninit has the layout of what it holds.
        unsafe { std::slice::from_raw_parts(pieces.as_ptr().cast(), pieces.len()) }
    }

    /// Where a line starts in each plane, if it is one row of steps 1 or 2.
    #[inline(always)]
    fn whole_row(&self, index: usize) -> Option<usize> {
        (self.rows[index] != ZEROS).then_some(self.rows[index] as usize)
    }

    /// For the pixels `first..first + width` of a phase.
    #[inline(always)]
    pub fn fill(&mut self, size: [usize; 2], phase: &Phase, first: usize, width: usize) {
        (self.first, self.broken) = (first, false);
        self.whole = phase.taps.len() <= TAPS && size[0].saturating_mul(size[1]) < ZEROS as usize;
        if self.whole {
            for index in 0..phase.taps.len() {
                self.ends[index] = if index == 0 { 0 } else { self.ends[index - 1] };
                self.fill_line(index, size, phase, width);
                let step = phase.input_step[1];
                self.rows[index] = match self.line(index) {
                    [Piece { from, .. }] if step <= 2 => *from,
                    _ => ZEROS,
                };
                let last = (self.rows[index] as usize).saturating_add(2 * width * step);
                self.broken |= self.rows[index] == ZEROS || last > size[0] * size[1];
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, line: usize, at: usize, length: usize, from: Option<usize>) {
        let end = usize::from(self.ends[line]);
        if length == 0 {
            return;
        }
        if end == MOST {
            self.whole = false;
            return;
        }
        let from = from.map_or(ZEROS, |from| from as u32);
        self.pieces[end].write(Piece { at: at as u16, length: length as u16, from });
        self.ends[line] += 1;
    }

    /// Pieces in order and without gaps.
    #[inline(always)]
    fn fill_line(&mut self, line: usize, size: [usize; 2], phase: &Phase, width: usize) {
        let tap = phase.taps[line];
        let end = (self.first + width).min(phase.size[0] * phase.size[1]);
        let step = phase.input_step[1];
        let mut at = self.first;
        while at < end {
            let (row, column) = (at / phase.size[1], at % phase.size[1]);
            let length = (phase.size[1] - column).min(end - at);
            let y = (row * phase.input_step[0]) as isize + tap.dy;
            let start = (column * step) as isize + tap.dx;
            // Pixels before and from which on the input lies inside the row.
            let before = if start < 0 { start.unsigned_abs().div_ceil(step).min(length) } else { 0 };
            let room = size[1] as isize - start;
            let inside = if room <= 0 { 0 } else { room.unsigned_abs().div_ceil(step).min(length) };
            let place = at - self.first;
            if y < 0 || y >= size[0] as isize || inside <= before {
                self.push(line, place, length, None);
            } else {
                let from = y as usize * size[1] + (start + (before * step) as isize) as usize;
                self.push(line, place, before, None);
                self.push(line, place + before, inside - before, Some(from));
                self.push(line, place + inside, length - inside, None);
            }
            at += length;
        }
        let used = end.saturating_sub(self.first);
        self.push(line, used, width - used, None);
    }
}

/// Packs `[channel][tap][COLUMNS]` for a panel's pixels into `panel`, which has room for [`SPILL`] numbers more; pixels beyond the phase
/// are zero.
///
/// `x` holds the channels to pack, `[channels, height, width]`, and perhaps more after them.
///
/// # Safety
/// The processor has S's instructions.
#[inline(always)]
pub(super) unsafe fn gather<S: Simd>(
    x: &[f32],
    channels: usize,
    size: [usize; 2],
    phase: &Phase,
    lines: &Lines,
    panel: &mut [f32],
) {
    let plane = size[0] * size[1];
    let taps = phase.taps.len();
    let step = phase.input_step[1];
    assert!(x.len() >= channels * plane && panel.len() >= channels * taps * S::COLUMNS + SPILL);
    const { assert!(S::LANES <= WIDEST) };
    if !lines.whole {
        gather_singly(x, channels, size, phase, lines.first, S::COLUMNS, panel);
        return;
    }
    // Channels from which on a vector may reach beyond the input: those are copied number by number.
    let reach = 2 * S::COLUMNS * step;
    let careful =
        if x.len() >= channels * plane + reach { channels } else { channels.saturating_sub(1 + reach.div_ceil(plane.max(1))) };
    // Lines in pieces first, in the order of memory: what they spill is written later.
    if lines.broken {
        for channel in 0..channels {
            for index in 0..taps {
                let pieces = lines.line(index);
                if lines.whole_row(index).is_some() && channel < careful {
                    continue;
                }
                let start = (channel * taps + index) * S::COLUMNS;
                for piece in pieces {
                    let (at, length) = (start + usize::from(piece.at), usize::from(piece.length));
                    let from = (piece.from != ZEROS).then_some(channel * plane + piece.from as usize);
                    if channel < careful {
                        // SAFETY: the panel has room for the spill of its last line, the input for a panel's width beyond.
                        unsafe { copy::<S>(x, from, step, length, panel.as_mut_ptr().add(at)) };
                    } else {
                        for i in 0..length {
                            panel[at + i] = from.map_or(0.0, |from| x[from + i * step]);
                        }
                    }
                }
            }
        }
    }
    // Then the usual ones: one whole row of the panel each.
    for index in 0..taps {
        let Some(from) = lines.whole_row(index) else { continue };
        let whole = if lines.broken { careful } else { channels };
        for channel in 0..whole {
            let to = (channel * taps + index) * S::COLUMNS;
            // SAFETY: as above; where no line is broken, every row ends inside its plane.
            unsafe { row::<S>(x.as_ptr().add(channel * plane + from), step, panel.as_mut_ptr().add(to)) };
        }
    }
}

/// Copies a panel's width of numbers, `step` (1 or 2) apart.
///
/// # Safety
/// `from` can be read for a panel's width of steps, `to` be written for a panel's width; the processor has S's instructions.
#[inline(always)]
unsafe fn row<S: Simd>(from: *const f32, step: usize, to: *mut f32) {
    for vector in 0..TILE_VECTORS {
        // SAFETY: the caller's.
        unsafe {
            let value = if step == 1 {
                S::load(from.add(vector * S::LANES))
            } else {
                let from = from.add(2 * vector * S::LANES);
                S::even([S::load(from), S::load(from.add(S::LANES))])
            };
            S::store(to.add(vector * S::LANES), value);
        }
    }
}

/// The same number by number.
#[cold]
fn gather_singly(x: &[f32], channels: usize, size: [usize; 2], phase: &Phase, first: usize, width: usize, panel: &mut [f32]) {
    let inside = |place: isize, size: usize| usize::try_from(place).ok().filter(|&place| place < size);
    for (line, to) in panel.chunks_exact_mut(width).take(channels * phase.taps.len()).enumerate() {
        let (channel, tap) = (line / phase.taps.len(), phase.taps[line % phase.taps.len()]);
        for (pixel, to) in (first..).zip(to) {
            let (row, column) = (pixel / phase.size[1], pixel % phase.size[1]);
            let y = inside((row * phase.input_step[0]) as isize + tap.dy, size[0]);
            let column = inside((column * phase.input_step[1]) as isize + tap.dx, size[1]);
            *to = match (y, column) {
                (Some(y), Some(column)) if row < phase.size[0] => x[(channel * size[0] + y) * size[1] + column],
                _ => 0.0,
            };
        }
    }
}

/// Writes whole vectors for `length` numbers, `step` apart in the input, or zeros.
#[inline(always)]
unsafe fn copy<S: Simd>(x: &[f32], from: Option<usize>, step: usize, length: usize, to: *mut f32) {
    // SAFETY: the caller has checked the reach of all vectors.
    unsafe {
        let vectors = length.div_ceil(S::LANES);
        match (from, step) {
            (None, _) => {
                for vector in 0..vectors {
                    S::store(to.add(vector * S::LANES), S::splat(0.0));
                }
            }
            (Some(from), 1) => {
                let from = x.as_ptr().add(from);
                for vector in 0..vectors {
                    S::store(to.add(vector * S::LANES), S::load(from.add(vector * S::LANES)));
                }
            }
            (Some(from), 2) => {
                let from = x.as_ptr().add(from);
                for vector in 0..vectors {
                    let from = from.add(2 * vector * S::LANES);
                    S::store(to.add(vector * S::LANES), S::even([S::load(from), S::load(from.add(S::LANES))]));
                }
            }
            (Some(from), _) => {
                for i in 0..length {
                    *to.add(i) = x[from + i * step];
                }
            }
        }
    }
}
