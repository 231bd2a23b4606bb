//! Weights as the tiles that stand on the right of the product.

use talkinghead_simd::bf16_bits;

use super::{DEPTH, PAIRS, SIDE};
use crate::geometry::{Direction, Geometry};

/// Pairs of input channels by output channels; a place holds the even channel's weight in its lower half, the odd one's in its upper.
#[repr(C, align(64))]
#[derive(Debug, Clone)]
pub(crate) struct Tile([[u32; SIDE]; PAIRS]);

impl Tile {
    /// Where it starts.
    pub fn address(&self) -> *const f32 {
        self.0.as_ptr().cast()
    }
}

/// Packed weights, for each phase and each 32 output channels `[tap][32 input channels][2]` tiles, the first for the first sixteen of
/// the output channels; missing channels are zero.
#[derive(Debug)]
pub(crate) struct TileWeights {
    columns: usize,
    /// Start of each phase, and its tiles for 32 output channels.
    phases: Vec<(usize, usize)>,
    tiles: Vec<Tile>,
}

impl TileWeights {
    /// Packs `weights`, rounding them to bf16.
    pub fn new(geometry: &Geometry, weights: &[f32]) -> Self {
        let columns = geometry.output.div_ceil(2 * SIDE);
        let depth = geometry.input.div_ceil(DEPTH);
        let grid = geometry.phase_grid();
        let (mut phases, mut tiles) = (Vec::new(), Vec::new());
        for phase in (0..grid[0]).flat_map(|y| (0..grid[1]).map(move |x| [y, x])) {
            let taps = geometry.taps_of_phase(phase);
            phases.push((tiles.len(), taps.len() * depth * 2));
            for output in (0..columns).map(|column| column * 2 * SIDE) {
                for tap in &taps {
                    for input in (0..depth).map(|block| block * DEPTH) {
                        tiles.push(tile(geometry, weights, tap.weight, input, output));
                        tiles.push(tile(geometry, weights, tap.weight, input, output + SIDE));
                    }
                }
            }
        }
        Self { columns, phases, tiles }
    }

    /// Groups of 32 output channels.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The tiles of 32 output channels.
    pub fn column(&self, phase: usize, column: usize) -> &[Tile] {
        let (start, length) = self.phases[phase];
        &self.tiles[start + column * length..][..length]
    }
}

fn tile(geometry: &Geometry, weights: &[f32], tap: usize, first_input: usize, first_output: usize) -> Tile {
    let weight = |input: usize, output: usize| {
        let index = match geometry.direction {
            Direction::Ordinary => output * geometry.input + input,
            Direction::Transposed { .. } => input * geometry.output + output,
        };
        let inside = input < geometry.input && output < geometry.output;
        if inside { bf16_bits(weights[index * geometry.taps() + tap]) } else { 0 }
    };
    let pair = |pair: usize, column: usize| {
        let (input, output) = (first_input + 2 * pair, first_output + column);
        weight(input + 1, output) << 16 | weight(input, output)
    };
    Tile(std::array::from_fn(|row| std::array::from_fn(|column| pair(row, column))))
}
