//! The gradient of a convolution with respect to its weights: a matrix product whose depth is all pixels of the batch.
//!
//! Written for the pair of a `small` picture (one pixel for each window) and a `large` one (what the windows look at): of an ordinary
//! convolution the output's gradient and the input, of a transposed one the input and the output's gradient. Both are packed with
//! the channels innermost, a few rows at a time, so that every tap is a shifted view of the same memory.

mod pack;

use talkinghead_simd::{Job, Simd, Strided, TILE_VECTORS, run, tile_shape};

use crate::convolution::check;
use crate::direct::DEPTH;
use crate::geometry::{Direction, Geometry};
use crate::scratch::{SharedMut, with_scratch};
use crate::{InstructionSet, KernelError, parallel};

/// Adds up the gradient of the weights, in their layout, for inputs `x` `[batch, input, height, width]` and the gradient `y` of
/// the output.
///
/// # Errors
/// Buffers of the wrong length, or a kernel that does not fit.
pub fn weight_gradient(
    geometry: &Geometry,
    instructions: InstructionSet,
    x: &[f32],
    y: &[f32],
    batch: usize,
    size: [usize; 2],
) -> Result<Vec<f32>, KernelError> {
    let output = geometry.output_size(size)?;
    check("input", x.len(), batch * geometry.input * size[0] * size[1])?;
    check("output's gradient", y.len(), batch * geometry.output * output[0] * output[1])?;
    let pair = match geometry.direction {
        Direction::Ordinary => Pair { small: y, large: x, channels: [geometry.output, geometry.input], windows: output, size },
        Direction::Transposed { .. } => {
            Pair { small: x, large: y, channels: [geometry.input, geometry.output], windows: size, size: output }
        }
    };
    let instructions = instructions.or_portable();
    Ok(product(geometry, instructions, &pair, batch))
}

/// The gradient of the bias: the sum of `y` `[batch, channels, pixels]` over batch and pixels.
pub fn bias_gradient(y: &[f32], batch: usize, channels: usize) -> Vec<f32> {
    let pixels = y.len() / (batch * channels).max(1);
    let sum = |channel: usize| -> f32 {
        let plane = |b: usize| &y[(b * channels + channel) * pixels..][..pixels];
        // Eight sums side by side, then in f64: quick, and close to exact.
        let of_plane = |plane: &[f32]| -> f64 {
            let mut sums = [0.0_f32; 8];
            let chunks = plane.chunks_exact(8);
            let rest: f32 = chunks.remainder().iter().sum();
            for chunk in chunks {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += value;
                }
            }
            sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() + f64::from(rest)
        };
        (0..batch).map(|b| of_plane(plane(b))).sum::<f64>() as f32
    };
    let mut result = vec![0.0; channels];
    let shared = SharedMut::new(&mut result);
    parallel::each(parallel::threads(y.len()), channels, |channel| {
        // SAFETY: each channel is written by one task.
        let place = unsafe { shared.part(channel, 1) };
        place[0] = sum(channel);
    });
    result
}

/// Numbers of both pictures that are packed at once: a few second-level caches.
const PACKED: usize = 1 << 19;
/// Numbers of the small picture that are used together: a quarter of a second-level cache of 512 KB.
const SMALL_AT_A_TIME: usize = 1 << 15;

/// The two pictures whose product is the gradient.
#[derive(Clone, Copy)]
struct Pair<'a> {
    /// `[batch, channels[0], windows]`.
    small: &'a [f32],
    /// `[batch, channels[1], size]`.
    large: &'a [f32],
    channels: [usize; 2],
    windows: [usize; 2],
    size: [usize; 2],
}

fn product(geometry: &Geometry, instructions: InstructionSet, pair: &Pair<'_>, batch: usize) -> Vec<f32> {
    let (rows, columns) = tile_shape(instructions);
    let lanes = columns / TILE_VECTORS;
    let taps = geometry.taps();
    let blocks = pair.channels[0].div_ceil(rows);
    let groups = pair.channels[1].div_ceil(lanes);
    let triples = (groups * taps).div_ceil(TILE_VECTORS);
    let sums_length = triples * blocks * rows * columns;
    let mut gradient = vec![0.0; geometry.weights()];
    if pair.small.is_empty() || pair.large.is_empty() {
        return gradient;
    }
    let [height, width] = pair.windows;
    // A few hundred pixels at a time stay in the first-level cache, for each vector of channels.
    let near = (2 * DEPTH / width).clamp(1, height);
    // Several times as many are packed at once, so that threads meet less often.
    let row = width * (blocks * rows + groups * lanes * geometry.stride[0] * geometry.stride[1]);
    let strip = (PACKED / row.max(1) / near * near).clamp(near, height.next_multiple_of(near));
    let reach = [0, 1].map(|axis| (geometry.kernel[axis] - 1) * geometry.dilation[axis] + 1);
    let large_width = (width - 1) * geometry.stride[1] + reach[1];
    let large_height = (strip - 1) * geometry.stride[0] + reach[0];
    let threads = parallel::threads(2 * batch * height * width * geometry.weights());
    // A spare vector of zeros stands in for columns beyond the last tap.
    let small_length = blocks * strip * width * rows;
    let large_length = groups * large_height * large_width * lanes;
    with_scratch(sums_length + small_length + large_length, |scratch| {
        let (all_sums, scratch) = scratch.split_at_mut(sums_length);
        let (small, large) = scratch.split_at_mut(small_length);
        let (small, large) = (SharedMut::new(small), SharedMut::new(large));
        all_sums.fill(0.0);
        let sums = SharedMut::new(all_sums);
        for b in 0..batch {
            for first in (0..height).step_by(strip) {
                let now = strip.min(height - first);
                parallel::each(threads, blocks + groups, |index| {
                    if index < blocks {
                        let length = now * width * rows;
                        // SAFETY: each block has a part of its own.
                        let to = unsafe { small.part(index * strip * width * rows, length) };
                        let from = pack::Planes {
                            x: &pair.small[b * pair.channels[0] * height * width..][..pair.channels[0] * height * width],
                            channels: index * rows..((index + 1) * rows).min(pair.channels[0]),
                            size: pair.windows,
                            origin: [first as isize, 0],
                        };
                        pack::interleave(&from, rows, [now, width], to);
                    } else {
                        let (group, plane) = (index - blocks, pair.size[0] * pair.size[1]);
                        let length = large_height * large_width * lanes;
                        // SAFETY: each group has a part of its own.
                        let to = unsafe { large.part(group * length, length) };
                        let top = (first * geometry.stride[0]) as isize - geometry.padding[0] as isize;
                        let from = pack::Planes {
                            x: &pair.large[b * pair.channels[1] * plane..][..pair.channels[1] * plane],
                            channels: group * lanes..((group + 1) * lanes).min(pair.channels[1]),
                            size: pair.size,
                            origin: [top, -(geometry.padding[1] as isize)],
                        };
                        let tall = (now - 1) * geometry.stride[0] + reach[0];
                        pack::interleave(&from, lanes, [tall, large_width], to);
                    }
                });
                let parts = if triples >= 2 * threads { 1 } else { (2 * threads).min(blocks) };
                // Small channels in groups that stay in the second-level cache while all triples pass.
                let parts = parts.max(small_length.div_ceil(SMALL_AT_A_TIME)).min(blocks);
                parallel::each(threads, triples * parts, |index| {
                    let (part, triple) = (index / triples, index % triples);
                    let tiles = Tiles {
                        geometry,
                        triple,
                        vectors: groups * taps,
                        blocks: part * blocks / parts..(part + 1) * blocks / parts,
                        all_blocks: blocks,
                        strip,
                        near,
                        rows: now,
                        width,
                        large_size: [large_height, large_width],
                        small,
                        large,
                        sums,
                    };
                    run(instructions, tiles);
                });
            }
        }
        unpack(all_sums, pair.channels, taps, [rows, columns, lanes], threads, &mut gradient);
    });
    gradient
}

/// From tiles to `[small channel][large channel][tap]`.
fn unpack(
    sums: &[f32],
    channels: [usize; 2],
    taps: usize,
    [rows, columns, lanes]: [usize; 3],
    threads: usize,
    gradient: &mut [f32],
) {
    let blocks = channels[0].div_ceil(rows);
    let length = channels[1] * taps;
    let shared = SharedMut::new(gradient);
    parallel::each(threads, blocks, |block| {
        let count = rows.min(channels[0] - block * rows);
        // SAFETY: each block of small channels is one task's.
        let to = unsafe { shared.part(block * rows * length, count * length) };
        for vector in 0..channels[1].div_ceil(lanes) * taps {
            let (group, tap) = (vector / taps, vector % taps);
            let (triple, column) = (vector / TILE_VECTORS, vector % TILE_VECTORS * lanes);
            let tile = &sums[(triple * blocks + block) * rows * columns..][..rows * columns];
            for (line, to) in tile.chunks_exact(columns).zip(to.chunks_exact_mut(length)) {
                let to = to[group * lanes * taps + tap..].iter_mut().step_by(taps);
                for (to, from) in to.zip(&line[column..column + lanes]) {
                    *to = *from;
                }
            }
        }
    });
}

/// Three columns of vectors (a group of large channels at a tap each) times some blocks of small channels.
struct Tiles<'a> {
    geometry: &'a Geometry,
    triple: usize,
    vectors: usize,
    blocks: std::ops::Range<usize>,
    all_blocks: usize,
    /// Rows of the packed small picture, and rows used at a time.
    strip: usize,
    near: usize,
    /// Rows that hold something.
    rows: usize,
    width: usize,
    large_size: [usize; 2],
    small: SharedMut<'a>,
    large: SharedMut<'a>,
    sums: SharedMut<'a>,
}

impl Job for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let taps = self.geometry.taps();
        let [height, width] = self.large_size;
        let mut b = [std::ptr::null(); TILE_VECTORS];
        for column in 0..TILE_VECTORS {
            // Columns beyond the last repeat it; nobody reads their sums.
            let vector = (self.triple * TILE_VECTORS + column).min(self.vectors - 1);
            let (group, tap) = (vector / taps, vector % taps);
            let y = tap / self.geometry.kernel[1] * self.geometry.dilation[0];
            let x = tap % self.geometry.kernel[1] * self.geometry.dilation[1];
            b[column] = self.large.address(((group * height + y) * width + x) * S::LANES, S::LANES).cast_const();
        }
        let b_row = self.geometry.stride[0] * width * S::LANES;
        for first in (0..self.rows).step_by(self.near) {
            for block in self.blocks.clone() {
                let arguments = Strided {
                    rows: self.near.min(self.rows - first),
                    steps: self.width,
                    a: self.small.address((block * self.strip + first) * self.width * S::ROWS, S::ROWS),
                    a_row: self.width * S::ROWS,
                    b: [b[0].wrapping_add(first * b_row), b[1].wrapping_add(first * b_row), b[2].wrapping_add(first * b_row)],
                    b_row,
                    b_step: self.geometry.stride[1] * S::LANES,
                };
                let tile = (self.triple * self.all_blocks + block) * S::ROWS * S::COLUMNS;
                // SAFETY: the packed pictures hold every row and column that the taps reach; each tile of sums is one job's.
                unsafe { S::tile_strided(arguments, self.sums.address(tile, S::ROWS * S::COLUMNS), S::COLUMNS) };
            }
        }
    }
}
