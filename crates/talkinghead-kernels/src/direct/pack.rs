//! Weights in the order in which the register tile reads them.

use crate::geometry::{Direction, Geometry};

/// Packed weights: for each phase and each block of output channels, `[input][tap][row]`; missing rows are zero.
#[derive(Debug)]
pub(crate) struct DirectWeights {
    rows: usize,
    blocks: usize,
    /// Start and depth (input times taps) of each phase.
    phases: Vec<(usize, usize)>,
    values: Vec<f32>,
}

impl DirectWeights {
    /// Packs `weights` for tiles of that many rows.
    pub fn new(geometry: &Geometry, weights: &[f32], rows: usize) -> Self {
        let blocks = geometry.output.div_ceil(rows);
        let taps = geometry.taps();
        let grid = geometry.phase_grid();
        let all: Vec<_> =
            (0..grid[0]).flat_map(|y| (0..grid[1]).map(move |x| [y, x])).map(|phase| geometry.taps_of_phase(phase)).collect();
        let (mut phases, mut values) = (Vec::new(), Vec::new());
        for phase in &all {
            let depth = geometry.input * phase.len();
            phases.push((values.len(), depth));
            for block in 0..blocks {
                for input in 0..geometry.input {
                    for tap in phase {
                        for row in 0..rows {
                            let output = block * rows + row;
                            let index = match geometry.direction {
                                Direction::Ordinary => (output * geometry.input + input) * taps,
                                Direction::Transposed { .. } => (input * geometry.output + output) * taps,
                            };
                            values.push(if output < geometry.output { weights[index + tap.weight] } else { 0.0 });
                        }
                    }
                }
            }
        }
        Self { rows, blocks, phases, values }
    }

    /// Blocks of output channels.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Weights of a block from a depth on.
    pub fn block(&self, phase: usize, block: usize, from: usize) -> &[f32] {
        let (start, depth) = self.phases[phase];
        &self.values[start + (block * depth + from) * self.rows..start + (block + 1) * depth * self.rows]
    }
}
