//! Panels over threads.

use talkinghead_simd::{Job, Simd, Start, Strided, run};

use super::columns::{Lines, SPILL, gather};
use super::{DirectWeights, channels_at_a_time};
use crate::epilogue::Epilogue;
use crate::geometry::{Geometry, Phase};
use crate::scratch::{SharedMut, with_scratch};
use crate::{InstructionSet, parallel};

/// One convolution of a batch with one set of weights.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub geometry: &'a Geometry,
    pub weights: &'a DirectWeights,
    /// `[batch, input, height, width]`.
    pub x: &'a [f32],
    pub batch: usize,
    /// Height and width of the input.
    pub size: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    pub epilogue: Epilogue<'a>,
}

/// A few panels of output pixels, all or some of the blocks of output channels.
struct Unit<'a> {
    problem: Problem<'a>,
    phase_index: usize,
    phase: &'a Phase,
    batch: usize,
    first: usize,
    panels: usize,
    blocks: std::ops::Range<usize>,
    out: SharedMut<'a>,
    /// Packed panels, then the sums of all rows of each panel.
    scratch: &'a mut [f32],
}

/// Weights that outgrow the second-level cache: then a few panels share each reading of them.
const LARGE_WEIGHTS: usize = 1 << 19;
/// Panels that share it: as many as stay in the second-level cache.
const SHARED_PANELS: usize = 4;
/// Blocks of output channels up to which reading the input in place beats packing it.
const FEW_BLOCKS: usize = 3;

/// Convolves into `out` `[batch, output, height, width]`. Buffers have been checked by the caller.
pub(crate) fn convolve(instructions: InstructionSet, problem: Problem<'_>, out: &mut [f32]) {
    let (rows, columns) = talkinghead_simd::tile_shape(instructions);
    debug_assert_eq!(problem.geometry.output.div_ceil(rows), problem.weights.blocks());
    let out = SharedMut::new(out);
    for (phase_index, phase) in &problem.geometry.phases(problem.output) {
        let panels = (phase.size[0] * phase.size[1]).div_ceil(columns);
        let threads = parallel::threads(2 * problem.geometry.weights() * problem.batch * panels * columns);
        let shared = if problem.geometry.weights() > LARGE_WEIGHTS { SHARED_PANELS.min(panels) } else { 1 };
        let groups = panels.div_ceil(shared);
        let units = problem.batch * groups;
        // Few panels: share the output channels among threads, too.
        let parts = if units >= 2 * threads { 1 } else { (2 * threads).min(problem.weights.blocks()) };
        let per_part = problem.weights.blocks().div_ceil(parts);
        let work = |index: usize| {
            let (part, unit) = (index / units, index % units);
            let blocks = (part * per_part).min(problem.weights.blocks())..((part + 1) * per_part).min(problem.weights.blocks());
            let depth = channels_at_a_time(phase.taps.len()) * phase.taps.len();
            let (batch, panel) = (unit / groups, unit % groups * shared);
            let count = shared.min(panels - panel);
            // Not inside the job: a closure is not compiled with the job's instructions.
            with_scratch(count * (depth + blocks.len() * rows) * columns + SPILL, |scratch| {
                let first = panel * columns;
                run(
                    instructions,
                    Unit { problem, phase_index: *phase_index, phase, batch, first, panels: count, blocks, out, scratch },
                );
            });
        };
        parallel::each(threads, units * parts, work);
    }
}

impl Job for Unit<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(mut self) {
        let Problem { geometry, weights, x, size, .. } = self.problem;
        let taps = self.phase.taps.len();
        let plane = size[0] * size[1];
        let step = channels_at_a_time(taps);
        let panel_length = step * taps * S::COLUMNS;
        let x = &x[self.batch * geometry.input * plane..(self.batch + 1) * geometry.input * plane];
        let (packed, sums) = std::mem::take(&mut self.scratch).split_at_mut(self.panels * panel_length + SPILL);
        let sums_length = self.blocks.len() * S::ROWS * S::COLUMNS;
        if taps == 0 || x.is_empty() {
            sums.fill(0.0);
        }
        let turns = if taps == 0 { &[] } else { x };
        // In place: one panel, inside the picture, of a row.
        let place =
            if self.blocks.len() <= FEW_BLOCKS && self.panels == 1 { in_place::<S>(self.phase, size, self.first) } else { None };
        let mut lines = [const { Lines::empty() }; SHARED_PANELS];
        if place.is_none() {
            for (panel, lines) in lines.iter_mut().enumerate().take(self.panels) {
                lines.fill(size, self.phase, self.first + panel * S::COLUMNS, S::COLUMNS);
            }
        }
        for (turn, channels) in turns.chunks((step * plane).max(1)).enumerate() {
            let start = if turn == 0 { Start::Zero } else { Start::Add };
            let count = channels.len() / plane;
            if let Some(place) = place {
                if turn == 0 {
                    sums.fill(0.0);
                }
                for (index, block) in self.blocks.clone().enumerate() {
                    let a = weights.block(self.phase_index, block, turn * step * taps);
                    let c = &mut sums[index * S::ROWS * S::COLUMNS..][..S::ROWS * S::COLUMNS];
                    debug_assert!(a.len() >= count * taps * S::ROWS);
                    // SAFETY: `in_place` has checked that every tap of the panel lies inside each plane, `a` holds the weights of
                    // all taps of these channels, `c` a whole tile; the processor has S's instructions.
                    unsafe { sum_in_place::<S>(channels, plane, self.phase, place, size[1], a, c) };
                }
                continue;
            }
            for panel in 0..self.panels {
                let to = &mut packed[panel * panel_length..][..panel_length + SPILL];
                // SAFETY: the processor has S's instructions.
                unsafe { gather::<S>(&x[turn * step * plane..], count, size, self.phase, &lines[panel], to) };
            }
            let depth = count * taps;
            for (index, block) in self.blocks.clone().enumerate() {
                let a = weights.block(self.phase_index, block, turn * step * taps);
                for panel in 0..self.panels {
                    let b = &packed[panel * panel_length..][..panel_length];
                    let c = &mut sums[panel * sums_length + index * S::ROWS * S::COLUMNS..][..S::ROWS * S::COLUMNS];
                    debug_assert!(a.len() >= depth * S::ROWS && b.len() >= depth * S::COLUMNS);
                    // SAFETY: `a` and `b` hold `depth` steps, `c` a whole tile; the processor has S's instructions.
                    unsafe { S::tile(depth, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), S::COLUMNS, start) };
                }
            }
        }
        for panel in 0..self.panels {
            let sums = &mut sums[panel * sums_length..][..sums_length];
            // SAFETY: the processor has S's instructions.
            unsafe { self.store::<S>(self.first + panel * S::COLUMNS, sums) };
        }
    }
}

/// Index of the panel's first pixel in the input, before a tap's offset, if the panel lies in one row and no tap leaves the picture
/// or skips pixels.
#[inline(always)]
fn in_place<S: Simd>(phase: &Phase, size: [usize; 2], first: usize) -> Option<[usize; 2]> {
    let (row, column) = (first / phase.size[1], first % phase.size[1]);
    if phase.input_step[1] != 1 || column + S::COLUMNS > phase.size[1] {
        return None;
    }
    let top = row * phase.input_step[0];
    for tap in &phase.taps {
        let (y, x) = (top as isize + tap.dy, column as isize + tap.dx);
        if y < 0 || y >= size[0] as isize || x < 0 || x + S::COLUMNS as isize > size[1] as isize {
            return None;
        }
    }
    Some([top, column])
}

/// Adds up all taps of some channels of a panel that lies at `place`, reading the input where it is.
///
/// # Safety
/// As [`Simd::tile_strided`] for every tap.
#[inline(always)]
unsafe fn sum_in_place<S: Simd>(
    x: &[f32],
    plane: usize,
    phase: &Phase,
    place: [usize; 2],
    width: usize,
    a: &[f32],
    c: &mut [f32],
) {
    let taps = &phase.taps;
    let mut from = 0;
    while from < taps.len() {
        // Neighbouring taps are steps of one run.
        let mut to = from + 1;
        while to < taps.len() && taps[to].dy == taps[from].dy && taps[to].dx == taps[to - 1].dx + 1 {
            to += 1;
        }
        let y = (place[0] as isize + taps[from].dy) as usize;
        let column = (place[1] as isize + taps[from].dx) as usize;
        debug_assert!((x.len() / plane - 1) * plane + y * width + column + to - from - 1 + S::COLUMNS <= x.len());
        debug_assert!(c.len() >= S::ROWS * S::COLUMNS);
        // SAFETY: the caller's.
        unsafe {
            let b = x.as_ptr().add(y * width + column);
            let arguments = Strided {
                rows: x.len() / plane,
                steps: to - from,
                a: a.as_ptr().add(from * S::ROWS),
                a_row: taps.len() * S::ROWS,
                b: [b, b.add(S::LANES), b.add(2 * S::LANES)],
                b_row: plane,
                b_step: 1,
            };
            S::tile_strided(arguments, c.as_mut_ptr(), S::COLUMNS);
        }
        from = to;
    }
}

impl Unit<'_> {
    /// Bias, activation and residual, then into the output.
    #[inline(always)]
    unsafe fn store<S: Simd>(&self, first: usize, sums: &mut [f32]) {
        let Problem { geometry, output, epilogue, .. } = self.problem;
        let pixels = self.phase.size[0] * self.phase.size[1];
        let used = (pixels - first).min(S::COLUMNS);
        let channels = self.blocks.start * S::ROWS..(self.blocks.end * S::ROWS).min(geometry.output);
        let plane = output[0] * output[1];
        let together = self.phase.step == [1, 1];
        for (channel, line) in channels.zip(sums.chunks_exact_mut(S::COLUMNS)) {
            // SAFETY: a line is a row of whole vectors.
            unsafe { finish::<S>(line, &epilogue, channel) };
            let start = (self.batch * geometry.output + channel) * plane;
            if together {
                let start = start + first;
                if let Some(residual) = epilogue.residual {
                    for (value, other) in line[..used].iter_mut().zip(&residual[start..]) {
                        *value += other;
                    }
                }
                // SAFETY: no other unit writes these pixels of this channel.
                let to = unsafe { self.out.part(start, used) };
                if used == S::COLUMNS {
                    for at in (0..S::COLUMNS).step_by(S::LANES) {
                        // SAFETY: both are COLUMNS long; the processor has S's instructions.
                        unsafe { S::store(to.as_mut_ptr().add(at), S::load(line.as_ptr().add(at))) };
                    }
                } else {
                    to.copy_from_slice(&line[..used]);
                }
                continue;
            }
            let [columns, mut at] = [self.phase.size[1], first];
            let mut line = &line[..used];
            while !line.is_empty() {
                let (row, column) = (at / columns, at % columns);
                let length = (columns - column).min(line.len());
                let y = self.phase.first[0] + row * self.phase.step[0];
                let x = self.phase.first[1] + column * self.phase.step[1];
                let start = start + y * output[1] + x;
                let (now, rest) = line.split_at(length);
                for (i, value) in now.iter().enumerate() {
                    let index = start + i * self.phase.step[1];
                    let other = epilogue.residual.map_or(0.0, |residual| residual[index]);
                    // SAFETY: inside the output; no other unit writes this pixel of this channel.
                    unsafe { *self.out.address(index, 1) = value + other };
                }
                line = rest;
                at += length;
            }
        }
    }
}

/// Bias and activation of a line of whole vectors.
#[inline(always)]
pub(crate) unsafe fn finish<S: Simd>(line: &mut [f32], epilogue: &Epilogue<'_>, channel: usize) {
    debug_assert!(line.len().is_multiple_of(S::LANES));
    // SAFETY: each chunk is a whole vector; the caller has S's instructions.
    unsafe {
        let bias = S::splat(epilogue.bias_of(channel));
        // A slope of 1 is no activation.
        let slope = S::splat(epilogue.slope());
        for vector in line.chunks_exact_mut(S::LANES) {
            let value = S::add(S::load(vector.as_ptr()), bias);
            S::store(vector.as_mut_ptr(), S::leaky_relu(value, slope));
        }
    }
}
