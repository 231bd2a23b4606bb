//! Weights in the order in which the register tile reads them.

use crate::geometry::{Direction, Geometry, Tap};
use crate::parallel;
use crate::scratch::SharedMut;

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
        let all = phases(geometry);
        let depths = all.iter().map(|taps| geometry.input * taps.len());
        let phases: Vec<(usize, usize)> = depths
            .scan(0, |next, depth| {
                let start = *next;
                *next += blocks * rows * depth;
                Some((start, depth))
            })
            .collect();
        let mut values = vec![0.0; phases.last().map_or(0, |(start, depth)| start + blocks * rows * depth)];
        let shared = SharedMut::new(&mut values);
        let threads = parallel::threads(4 * weights.len());
        for (taps, &(start, depth)) in all.iter().zip(&phases) {
            parallel::each(threads, blocks, |block| {
                // SAFETY: each block of a phase is one task's.
                let mut to = unsafe { shared.part(start + block * rows * depth, rows * depth) }.iter_mut();
                // `for_each` and not a loop: nested iterators are quick only from inside.
                places(geometry, taps, rows, block..block + 1).for_each(|place| {
                    if let (Some(to), Some(place)) = (to.next(), place) {
                        *to = weights[place];
                    }
                });
            });
        }
        Self { rows, blocks, phases, values }
    }

    /// The weights as they were given.
    pub fn unpack(&self, geometry: &Geometry) -> Vec<f32> {
        let mut weights = vec![0.0; geometry.weights()];
        for (taps, (start, _)) in phases(geometry).iter().zip(&self.phases) {
            let mut values = self.values[*start..].iter();
            places(geometry, taps, self.rows, 0..self.blocks).for_each(|place| {
                if let (Some(value), Some(place)) = (values.next(), place) {
                    weights[place] = *value;
                }
            });
        }
        weights
    }

    /// Changes every weight.
    pub fn map(&mut self, change: impl Fn(f32) -> f32) {
        self.values.iter_mut().for_each(|value| *value = change(*value));
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

/// The taps of each phase.
fn phases(geometry: &Geometry) -> Vec<Vec<Tap>> {
    let grid = geometry.phase_grid();
    (0..grid[0]).flat_map(|y| (0..grid[1]).map(move |x| [y, x])).map(|phase| geometry.taps_of_phase(phase)).collect()
}

/// Where the numbers of some blocks of a packed phase stand among the weights, in the order of packing; none for rows beyond the last
/// channel.
fn places(geometry: &Geometry, taps: &[Tap], rows: usize, blocks: std::ops::Range<usize>) -> impl Iterator<Item = Option<usize>> {
    let Geometry { input: inputs, output: outputs, direction, .. } = *geometry;
    let all = geometry.taps();
    blocks.flat_map(move |block| {
        (0..inputs).flat_map(move |input| {
            taps.iter().flat_map(move |tap| {
                (block * rows..(block + 1) * rows).map(move |output| {
                    let pair = match direction {
                        Direction::Ordinary => output * inputs + input,
                        Direction::Transposed { .. } => input * outputs + output,
                    };
                    (output < outputs).then_some(pair * all + tap.weight)
                })
            })
        })
    })
}
