//! The zero-padded picture of bf16 numbers, channels innermost.

use talkinghead_simd::bf16_bits;
use talkinghead_simd::{Job, Simd, run};

use super::problem::Problem;
use super::transpose::to_pixels;
use super::{DEPTH, PAIRS, SIDE};
use crate::geometry::Phase;
use crate::scratch::SharedMut;
use crate::{InstructionSet, parallel};

/// Shape of the padded picture: large enough that no tap of any phase leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Rows above and columns to the left of the picture.
    pub before: [usize; 2],
    /// Height and width with all padding.
    pub size: [usize; 2],
    /// Groups of 32 channels.
    pub depth: usize,
    /// Pixels behind the last that whole tiles read and nobody uses.
    slack: usize,
}

impl Frame {
    /// For an input of `channels` planes of that size.
    pub fn new(phases: &[(usize, Phase)], channels: usize, size: [usize; 2]) -> Self {
        let (mut before, mut padded) = ([0; 2], size);
        for axis in 0..2 {
            let mut end = size[axis];
            for (_, phase) in phases {
                let last = (phase.size[axis] - 1) * phase.input_step[axis];
                for tap in &phase.taps {
                    let offset = [tap.dy, tap.dx][axis];
                    before[axis] = before[axis].max((-offset).max(0).unsigned_abs());
                    end = end.max((last as isize + offset + 1).max(0).unsigned_abs());
                }
            }
            padded[axis] = before[axis] + end;
        }
        let step = phases.iter().map(|(_, phase)| phase.input_step[1]).max().unwrap_or(0);
        Self { before, size: padded, depth: channels.div_ceil(DEPTH), slack: (SIDE - 1) * step }
    }

    /// Pairs of bf16 numbers in a pixel.
    pub fn pixel(&self) -> usize {
        self.depth * PAIRS
    }

    /// Pairs in a row.
    pub fn row(&self) -> usize {
        self.size[1] * self.pixel()
    }

    /// Pairs in a picture.
    pub fn picture(&self) -> usize {
        self.size[0] * self.row()
    }

    /// Pairs in a batch, and what may be read behind it.
    pub fn length(&self, batch: usize) -> usize {
        batch * self.picture() + self.slack * self.pixel()
    }
}

/// Fills `padded` with the input; what lies behind the batch stays as it was.
pub(super) fn fill(instructions: InstructionSet, frame: &Frame, problem: &Problem<'_>, padded: &mut [f32]) {
    let Problem { x, batch, size, .. } = *problem;
    let length = problem.geometry.input * size[0] * size[1];
    let padded = SharedMut::new(padded);
    let work = |index: usize| {
        let (picture, y) = (index / frame.size[0], index % frame.size[0]);
        // SAFETY: every index has a row of its own.
        let to = unsafe { padded.part(index * frame.row(), frame.row()) };
        let x = &x[picture * length..][..length];
        match y.checked_sub(frame.before[0]).filter(|&y| y < size[0]) {
            Some(y) => run(instructions, Row { frame, x, y, size, to }),
            None => to.fill(0.0),
        }
    };
    // A few operations for each number.
    parallel::each(parallel::threads(4 * x.len()), batch * frame.size[0], work);
}

/// A row of the picture with its padding to the left and right.
struct Row<'a> {
    frame: &'a Frame,
    /// `[channels, height, width]`.
    x: &'a [f32],
    y: usize,
    size: [usize; 2],
    to: &'a mut [f32],
}

impl Job for Row<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { frame, x, y, size: [height, width], to } = self;
        let (pixel, plane) = (frame.pixel(), height * width);
        let (left, rest) = to.split_at_mut(frame.before[1] * pixel);
        let (inside, right) = rest.split_at_mut(width * pixel);
        left.fill(0.0);
        right.fill(0.0);
        for block in 0..frame.depth {
            let first = block * DEPTH;
            let planes = &x[first * plane..x.len().min((first + DEPTH) * plane)];
            let mut pairs = [[0_u32; SIDE]; PAIRS];
            for column in (0..width).step_by(S::LANES) {
                let count = S::LANES.min(width - column);
                for (line, two) in pairs.iter_mut().zip(planes.chunks(2 * plane)) {
                    let low = &two[y * width + column..][..count];
                    match two.get(plane..) {
                        Some(second) if !second.is_empty() => join::<S>(low, &second[y * width + column..][..count], line),
                        _ => join::<S>(low, &[0.0; SIDE][..count], line),
                    }
                }
                // SAFETY: a line has room for a vector; `to` goes into `count` pixels of the block, which lie inside the row. The
                // processor has S's instructions.
                unsafe {
                    let mut vectors = [S::splat(0.0); 16];
                    for index in 0..16 {
                        vectors[index] = S::load(pairs[index].as_ptr().cast());
                    }
                    let vectors = to_pixels::<S>(vectors);
                    let to = inside[column * pixel + block * PAIRS..].as_mut_ptr();
                    for (index, vector) in vectors.into_iter().enumerate().take(count * SIDE / S::LANES) {
                        let (pixel_index, place) = (index * S::LANES / SIDE, index * S::LANES % SIDE);
                        S::store(to.add(pixel_index * pixel + place), vector);
                    }
                }
            }
        }
    }
}

/// Rounds two channels and puts them side by side.
#[inline(always)]
fn join<S: Simd>(low: &[f32], high: &[f32], to: &mut [u32; SIDE]) {
    if low.len() == S::LANES {
        // A constant count, so that the compiler makes vectors of it.
        let (low, high) = (&low[..S::LANES], &high[..S::LANES]);
        for i in 0..S::LANES {
            to[i] = bf16_bits(high[i]) << 16 | bf16_bits(low[i]);
        }
    } else {
        for i in 0..low.len() {
            to[i] = bf16_bits(high[i]) << 16 | bf16_bits(low[i]);
        }
    }
}

const _: () = assert!(PAIRS == SIDE, "a group of channels fills a row of a tile");
