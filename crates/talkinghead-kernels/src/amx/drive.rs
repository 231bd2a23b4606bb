//! Tiles over threads.

use std::marker::PhantomData;
use std::ops::Range;

use talkinghead_simd::tiles::{ROW_BYTES, TileUnit};
use talkinghead_simd::{Job, Simd, run};

use super::input::{Frame, fill};
use super::output::store;
use super::problem::{Problem, Segment};
use super::weights::Tile;
use super::{PAIRS, SIDE};
use crate::geometry::Phase;
use crate::scratch::{SharedMut, with_scratch};
use crate::{InstructionSet, parallel};

/// Pairs of segments for which the weights of 32 output channels are used before the next are: their input (512 pixels) stays in
/// the second-level cache.
const TOGETHER: usize = 16;

/// Some pixels and some output channels of a picture.
struct Task<'a, U> {
    problem: &'a Problem<'a>,
    frame: &'a Frame,
    phase_index: usize,
    phase: &'a Phase,
    /// The padded picture, and what may be read behind it.
    picture: &'a [f32],
    batch: usize,
    /// Pairs of segments.
    pairs: Range<usize>,
    /// Groups of 32 output channels.
    columns: Range<usize>,
    out: SharedMut<'a>,
    unit: PhantomData<U>,
}

/// Convolves into `out` `[batch, output, height, width]`. Buffers have been checked by the caller.
///
/// # Safety
/// `U` can be used.
pub(crate) unsafe fn convolve<U: TileUnit>(instructions: InstructionSet, problem: &Problem<'_>, out: &mut [f32]) {
    let geometry = problem.geometry;
    let phases = geometry.phases(problem.output);
    let frame = Frame::new(&phases, geometry.input, problem.size);
    let out = SharedMut::new(out);
    with_scratch(frame.length(problem.batch), |padded| {
        fill(instructions, &frame, problem, padded);
        for (phase_index, phase) in &phases {
            let pairs = (phase.size[0] * phase.size[1].div_ceil(SIDE)).div_ceil(2);
            let columns = problem.weights.columns();
            let threads = parallel::threads(2 * geometry.weights() * problem.batch * pairs * 2 * SIDE);
            let per_picture = pairs.div_ceil(TOGETHER);
            let chunks = problem.batch * per_picture;
            // Few pixels: share the output channels among threads, too.
            let parts = if threads == 1 { 1 } else { (4 * threads).div_ceil(chunks.max(1)).clamp(1, columns) };
            let per_part = columns.div_ceil(parts);
            let work = |index: usize| {
                let (chunk, part) = (index / parts, index % parts);
                let (batch, first) = (chunk / per_picture, chunk % per_picture * TOGETHER);
                let pairs = first..(first + TOGETHER).min(pairs);
                let columns = (part * per_part).min(columns)..((part + 1) * per_part).min(columns);
                let (phase_index, frame, unit) = (*phase_index, &frame, PhantomData::<U>);
                let picture = &padded[batch * frame.picture()..];
                run(instructions, Task { problem, frame, phase_index, phase, picture, batch, pairs, columns, out, unit });
            };
            parallel::each(threads, chunks * parts, work);
        }
    });
}

/// Sums of two segments by twice sixteen channels, a tile each.
#[repr(align(64))]
struct Sums([[f32; SIDE * SIDE]; 4]);

impl<U: TileUnit> Job for Task<'_, U> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let mut sums = Sums([[0.0; SIDE * SIDE]; 4]);
        // SAFETY: the caller of `convolve` vouches for the unit.
        let mut unit = unsafe { U::configure() };
        for column in self.columns.clone() {
            let tiles = self.problem.weights.column(self.phase_index, column);
            let first_channel = column * 2 * SIDE;
            for pair in self.pairs.clone() {
                let first = self.segment(2 * pair);
                // The last pair may have but one; then the other half's sums are not used.
                let second = self.segment(2 * pair + 1);
                let segments = [first, second.or(first)].map(|segment| segment.map_or(0, |segment| self.origin(segment)));
                // SAFETY: the unit is configured.
                unsafe { self.sum(&mut unit, segments, tiles, &mut sums) };
                for (index, segment) in [first, second].into_iter().enumerate() {
                    let Some(segment) = segment else { continue };
                    for half in 0..2 {
                        let channel = first_channel + half * SIDE;
                        let sums = &sums.0[2 * index + half];
                        // SAFETY: tasks have different pixels or different channels; the processor has S's instructions.
                        unsafe { store::<S>(self.problem, self.phase, self.batch, segment, channel, sums, self.out) };
                    }
                }
            }
        }
        // SAFETY: the unit is configured.
        unsafe { unit.release() };
    }
}

impl<U: TileUnit> Task<'_, U> {
    /// A segment of the phase, if there is one of that number.
    #[inline(always)]
    fn segment(&self, index: usize) -> Option<Segment> {
        let [rows, width] = self.phase.size;
        let per_row = width.div_ceil(SIDE);
        let (row, column) = (index / per_row, index % per_row * SIDE);
        (row < rows).then_some(Segment { row, column, length: SIDE.min(width - column) })
    }

    /// Place in the padded picture of the pixel under a segment's first, for a tap without offset.
    #[inline(always)]
    fn origin(&self, segment: Segment) -> usize {
        let [step_y, step_x] = self.phase.input_step;
        let [top, left] = self.frame.before;
        (segment.row * step_y + top) * self.frame.row() + (segment.column * step_x + left) * self.frame.pixel()
    }

    /// Sums two segments over all taps and channels.
    ///
    /// # Safety
    /// The unit is configured.
    #[inline(always)]
    unsafe fn sum(&self, unit: &mut U, origins: [usize; 2], tiles: &[Tile], sums: &mut Sums) {
        let (pixel, row) = (self.frame.pixel(), self.frame.row());
        let step = self.phase.input_step[1] * pixel;
        let mut tiles = tiles.chunks_exact(2);
        // SAFETY: the unit is configured; below.
        unsafe {
            unit.zero::<0>();
            unit.zero::<1>();
            unit.zero::<2>();
            unit.zero::<3>();
        }
        for tap in &self.phase.taps {
            let offset = tap.dy * row as isize + tap.dx * pixel as isize;
            let [first, second] = origins.map(|origin| origin.wrapping_add_signed(offset));
            let end = first.max(second).saturating_add((SIDE - 1) * step + pixel);
            assert!(end <= self.picture.len(), "a tap outside the padded picture");
            for (depth, tiles) in (0..self.frame.depth).zip(&mut tiles) {
                // SAFETY: sixteen rows, `step` apart, of the picture: the last ends at `end`. Tiles of weights are whole.
                unsafe {
                    let stride = step * size_of::<f32>();
                    unit.load::<4>(self.picture.as_ptr().add(first + depth * PAIRS), stride);
                    unit.load::<5>(self.picture.as_ptr().add(second + depth * PAIRS), stride);
                    unit.load::<6>(tiles[0].address(), ROW_BYTES);
                    unit.load::<7>(tiles[1].address(), ROW_BYTES);
                    unit.multiply_add::<0, 4, 6>();
                    unit.multiply_add::<1, 4, 7>();
                    unit.multiply_add::<2, 5, 6>();
                    unit.multiply_add::<3, 5, 7>();
                }
            }
        }
        // SAFETY: each sum is a whole tile.
        unsafe {
            unit.store::<0>(sums.0[0].as_mut_ptr(), ROW_BYTES);
            unit.store::<1>(sums.0[1].as_mut_ptr(), ROW_BYTES);
            unit.store::<2>(sums.0[2].as_mut_ptr(), ROW_BYTES);
            unit.store::<3>(sums.0[3].as_mut_ptr(), ROW_BYTES);
        }
    }
}
