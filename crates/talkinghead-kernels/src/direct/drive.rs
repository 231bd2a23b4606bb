//! Panels over threads.

use super::columns::gather;
use super::{DirectWeights, channels_at_a_time};
use crate::epilogue::Epilogue;
use crate::geometry::{Geometry, Phase};
use crate::scratch::{SharedMut, with_scratch};
use crate::simd::{Job, Simd, Start, run};
use crate::{Path, parallel};

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

/// A panel of output pixels, all or some of the blocks of output channels.
struct Unit<'a> {
    problem: Problem<'a>,
    phase_index: usize,
    phase: &'a Phase,
    batch: usize,
    first: usize,
    blocks: std::ops::Range<usize>,
    out: SharedMut<'a>,
    /// A packed panel, then the sums of all rows.
    scratch: &'a mut [f32],
}

/// Convolves into `out` `[batch, output, height, width]`. Buffers have been checked by the caller.
pub(crate) fn convolve(path: Path, problem: Problem<'_>, out: &mut [f32]) {
    let (rows, columns) = crate::simd::tile_shape(path);
    debug_assert_eq!(problem.geometry.output.div_ceil(rows), problem.weights.blocks());
    let out = SharedMut::new(out);
    for (phase_index, phase) in &problem.geometry.phases(problem.output) {
        let panels = (phase.size[0] * phase.size[1]).div_ceil(columns);
        let units = problem.batch * panels;
        // Few panels: share the output channels among threads, too.
        let threads = parallel::threads(2 * problem.geometry.weights() * units * columns);
        let parts = if units >= 2 * threads { 1 } else { threads.min(problem.weights.blocks()) };
        let per_part = problem.weights.blocks().div_ceil(parts);
        let work = |index: usize| {
            let (unit, part) = (index / parts, index % parts);
            let blocks = part * per_part..((part + 1) * per_part).min(problem.weights.blocks());
            let depth = channels_at_a_time(phase.taps.len()) * phase.taps.len();
            // Not inside the job: a closure is not compiled with the job's instructions.
            with_scratch((depth + blocks.len() * rows) * columns, |scratch| {
                let (batch, first) = (unit / panels, unit % panels * columns);
                run(path, Unit { problem, phase_index: *phase_index, phase, batch, first, blocks, out, scratch });
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
        let (panel, sums) = std::mem::take(&mut self.scratch).split_at_mut(panel_length);
        if taps == 0 || x.is_empty() {
            sums.fill(0.0);
        }
        let turns = if taps == 0 { &[] } else { x };
        for (turn, channels) in turns.chunks((step * plane).max(1)).enumerate() {
            // SAFETY: the processor has S's instructions.
            unsafe { gather::<S>(channels, size, self.phase, self.first, panel) };
            let start = if turn == 0 { Start::Zero } else { Start::Add };
            let depth = channels.len() / plane * taps;
            for (place, block) in self.blocks.clone().enumerate() {
                let a = weights.block(self.phase_index, block, turn * step * taps);
                let c = &mut sums[place * S::ROWS * S::COLUMNS..][..S::ROWS * S::COLUMNS];
                debug_assert!(a.len() >= depth * S::ROWS && panel.len() >= depth * S::COLUMNS);
                // SAFETY: `a` and `panel` hold `depth` steps, `c` a whole tile; the processor has S's instructions.
                unsafe { S::tile(depth, a.as_ptr(), panel.as_ptr(), c.as_mut_ptr(), S::COLUMNS, start) };
            }
        }
        // SAFETY: the processor has S's instructions.
        unsafe { self.store::<S>(sums) };
    }
}

impl Unit<'_> {
    /// Bias, activation and residual, then into the output.
    #[inline(always)]
    unsafe fn store<S: Simd>(&self, sums: &mut [f32]) {
        let Problem { geometry, output, epilogue, .. } = self.problem;
        let pixels = self.phase.size[0] * self.phase.size[1];
        let used = (pixels - self.first).min(S::COLUMNS);
        let channels = self.blocks.start * S::ROWS..(self.blocks.end * S::ROWS).min(geometry.output);
        let plane = output[0] * output[1];
        let together = self.phase.step == [1, 1];
        for (channel, line) in channels.zip(sums.chunks_exact_mut(S::COLUMNS)) {
            // SAFETY: a line is a row of whole vectors.
            unsafe { finish::<S>(line, &epilogue, channel) };
            let start = (self.batch * geometry.output + channel) * plane;
            if together {
                let start = start + self.first;
                if let Some(residual) = epilogue.residual {
                    for (value, other) in line[..used].iter_mut().zip(&residual[start..]) {
                        *value += other;
                    }
                }
                // SAFETY: no other unit writes these pixels of this channel.
                unsafe { self.out.part(start, used) }.copy_from_slice(&line[..used]);
                continue;
            }
            let [columns, mut at] = [self.phase.size[1], self.first];
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
                    unsafe { *self.out.address(index) = value + other };
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
