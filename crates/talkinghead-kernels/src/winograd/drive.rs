//! Blocks of tiles over threads.
//!
//! A large picture is cut into blocks of tiles, each of which one thread takes through all three steps while it is in that thread's
//! cache. A small picture with many channels has too few tiles for that: there the threads share each step.

use talkinghead_simd::{Job, Simd, Start, run, tile_shape};

use super::input::{self, Tiles};
use super::{OUT, PLACES, WinogradWeights, output};
use crate::direct::DEPTH;
use crate::epilogue::Epilogue;
use crate::geometry::Geometry;
use crate::scratch::{SharedMut, with_scratch};
use crate::{InstructionSet, parallel};

/// Numbers of transformed input and output that a block of tiles may take: about the size of a second-level cache.
const BLOCK: usize = 1 << 18;

/// One convolution of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub geometry: &'a Geometry,
    pub weights: &'a WinogradWeights,
    /// `[batch, input, height, width]`.
    pub x: &'a [f32],
    pub batch: usize,
    /// Height and width of the input.
    pub size: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    pub epilogue: Epilogue<'a>,
}

/// A block of tiles of one picture with its scratch memory.
#[derive(Clone, Copy)]
struct Block<'a> {
    problem: &'a Problem<'a>,
    tiles: Tiles,
    batch: usize,
    first: usize,
    count: usize,
    panels: usize,
    /// Transformed input, `[place][panel][input][COLUMNS]`.
    transformed: SharedMut<'a>,
    /// Products, `[place][panel][output][COLUMNS]`, output rounded up to whole tiles.
    products: SharedMut<'a>,
    out: SharedMut<'a>,
}

/// Convolves into `out` `[batch, output, height, width]`. Buffers have been checked by the caller.
pub(crate) fn convolve(instructions: InstructionSet, problem: Problem<'_>, out: &mut [f32]) {
    let (rows, columns) = tile_shape(instructions);
    let Problem { geometry, weights, batch, size, output, .. } = problem;
    let padded = weights.blocks() * rows;
    let count = [output[0].div_ceil(OUT), output[1].div_ceil(OUT)];
    let tiles = Tiles { size, padding: geometry.padding, count };
    let panels = (count[0] * count[1]).div_ceil(columns);
    let threads = parallel::threads(geometry.multiply_adds(batch, size).unwrap_or(usize::MAX));
    let per_panel = PLACES * (geometry.input + padded) * columns;
    let alone = (BLOCK / per_panel).clamp(2, 16);
    let out = SharedMut::new(out);
    let make = |batch: usize, first_panel: usize, panels: usize| {
        let first = first_panel * columns;
        let count = (count[0] * count[1] - first).min(panels * columns);
        move |scratch: &mut [f32], then: &dyn Fn(Block<'_>)| {
            let (transformed, products) = scratch.split_at_mut(PLACES * panels * geometry.input * columns);
            let (transformed, products) = (SharedMut::new(transformed), SharedMut::new(products));
            then(Block { problem: &problem, tiles, batch, first, count, panels, transformed, products, out });
        }
    };
    let blocks = panels.div_ceil(alone);
    if threads == 1 || batch * blocks >= 3 * threads {
        // Of equal size, so that no thread waits for a small rest.
        let each = panels.div_ceil(blocks);
        parallel::each(threads, batch * blocks, |index| {
            let (batch, first) = (index / blocks, index % blocks * each);
            let panels = each.min(panels.saturating_sub(first));
            if panels == 0 {
                return;
            }
            with_scratch(per_panel * panels, |scratch| {
                make(batch, first, panels)(scratch, &|block| {
                    run(instructions, Inputs { block, channels: 0..geometry.input });
                    run(instructions, Products { block, places: 0..PLACES, blocks: 0..weights.blocks() });
                    run(instructions, Outputs { block, channels: 0..geometry.output });
                });
            });
        });
        return;
    }
    let most = (16 * BLOCK / per_panel).clamp(4, 64);
    for index in 0..batch * panels.div_ceil(most) {
        let (batch, first) = (index / panels.div_ceil(most), index % panels.div_ceil(most) * most);
        let panels = most.min(panels - first);
        with_scratch(per_panel * panels, |scratch| {
            make(batch, first, panels)(scratch, &|block| {
                let parts = |of: usize| (4 * threads).min(of).max(1);
                let part = |index: usize, parts: usize, of: usize| index * of / parts..(index + 1) * of / parts;
                let inputs = parts(geometry.input);
                parallel::each(threads, inputs, |index| {
                    run(instructions, Inputs { block, channels: part(index, inputs, geometry.input) });
                });
                parallel::each(threads, PLACES, |place| {
                    run(instructions, Products { block, places: place..place + 1, blocks: 0..weights.blocks() });
                });
                let outputs = parts(geometry.output);
                parallel::each(threads, outputs, |index| {
                    run(instructions, Outputs { block, channels: part(index, outputs, geometry.output) });
                });
            });
        });
    }
}

struct Inputs<'a> {
    block: Block<'a>,
    channels: std::ops::Range<usize>,
}

impl Job for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Block { problem, tiles, batch, first, count, panels, transformed, .. } = self.block;
        let input = problem.geometry.input;
        let plane = tiles.size[0] * tiles.size[1];
        for channel in self.channels {
            let part = input::Channel {
                plane: &problem.x[(batch * input + channel) * plane..][..plane],
                first,
                tiles: count,
                to: transformed.address(channel * S::COLUMNS, ((PLACES * panels - 1) * input + 1) * S::COLUMNS),
                place: panels * input * S::COLUMNS,
                panel: input * S::COLUMNS,
            };
            // SAFETY: the scratch holds all places and panels of all channels; each channel is transformed by one job.
            unsafe { input::transform::<S>(&tiles, part) };
        }
    }
}

struct Products<'a> {
    block: Block<'a>,
    places: std::ops::Range<usize>,
    blocks: std::ops::Range<usize>,
}

impl Job for Products<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Block { problem, panels, transformed, products, .. } = self.block;
        let input = problem.geometry.input;
        let padded = problem.weights.blocks() * S::ROWS;
        for place in self.places {
            for panel in 0..panels {
                let b = transformed.address((place * panels + panel) * input * S::COLUMNS, input * S::COLUMNS);
                let c = products.address((place * panels + panel) * padded * S::COLUMNS, padded * S::COLUMNS);
                let mut from = 0;
                while from < input {
                    let depth = (input - from).min(DEPTH);
                    let start = if from == 0 { Start::Zero } else { Start::Add };
                    for block in self.blocks.clone() {
                        let a = problem.weights.block(place, block, from);
                        debug_assert!(a.len() >= depth * S::ROWS);
                        // SAFETY: `a` holds `depth` rows, the scratch whole panels of all channels and tiles; each place and
                        // block is computed by one job.
                        unsafe {
                            let b = b.add(from * S::COLUMNS);
                            let c = c.add(block * S::ROWS * S::COLUMNS);
                            S::tile(depth, a.as_ptr(), b, c, S::COLUMNS, start);
                        }
                    }
                    from += depth;
                }
            }
        }
    }
}

struct Outputs<'a> {
    block: Block<'a>,
    channels: std::ops::Range<usize>,
}

impl Job for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Block { problem, tiles, batch, first, count, panels, products, out, .. } = self.block;
        let padded = problem.weights.blocks() * S::ROWS;
        let plane = problem.output[0] * problem.output[1];
        for channel in self.channels {
            let part = output::Channel {
                from: products.address(channel * S::COLUMNS, ((PLACES * panels - 1) * padded + 1) * S::COLUMNS),
                place: panels * padded * S::COLUMNS,
                panel: padded * S::COLUMNS,
                first,
                tiles: count,
                channel,
                start: (batch * problem.geometry.output + channel) * plane,
                output: problem.output,
                epilogue: problem.epilogue,
                out,
            };
            // SAFETY: the scratch holds all places and panels of all channels; each channel's tiles are written by one job.
            unsafe { output::transform::<S>(&tiles, &part) };
        }
    }
}
