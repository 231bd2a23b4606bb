//! Transformed weights in the order in which the register tile reads them.

use super::{IN, PLACES};
use crate::geometry::Geometry;
use crate::parallel;
use crate::scratch::SharedMut;

/// For each place and each block of output channels, `[input][row]`; missing rows are zero.
#[derive(Debug)]
pub(crate) struct WinogradWeights {
    rows: usize,
    blocks: usize,
    input: usize,
    values: Vec<f32>,
}

/// G of F(4, 3) for the points 0, 1, -1, 2, -2 and infinity.
const G: [[f64; 3]; IN] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

impl WinogradWeights {
    /// Transforms `weights` `[output, input, 3, 3]` for tiles of that many rows.
    pub fn new(geometry: &Geometry, weights: &[f32], rows: usize) -> Self {
        let (input, output) = (geometry.input, geometry.output);
        let blocks = output.div_ceil(rows);
        let mut values = vec![0.0; PLACES * blocks * input * rows];
        let shared = SharedMut::new(&mut values);
        parallel::each(parallel::threads(8 * weights.len()), blocks, |block| {
            for o in block * rows..((block + 1) * rows).min(output) {
                for i in 0..input {
                    let kernel = &weights[(o * input + i) * 9..][..9];
                    // In f64, so that the transform adds no error of its own.
                    let mut half = [[0.0_f64; 3]; IN];
                    for (row, g) in half.iter_mut().zip(G) {
                        for (column, value) in row.iter_mut().enumerate() {
                            *value = (0..3).map(|k| g[k] * f64::from(kernel[3 * k + column])).sum();
                        }
                    }
                    for y in 0..IN {
                        for x in 0..IN {
                            let value: f64 = (0..3).map(|k| half[y][k] * G[x][k]).sum();
                            let place = y * IN + x;
                            // SAFETY: each block of output channels is one task's at every place.
                            let to = unsafe { shared.part(((place * blocks + block) * input + i) * rows + o % rows, 1) };
                            to[0] = value as f32;
                        }
                    }
                }
            }
        });
        Self { rows, blocks, input, values }
    }

    /// Blocks of output channels.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Weights of a block at a place, from an input channel on.
    pub fn block(&self, place: usize, block: usize, from: usize) -> &[f32] {
        let start = (place * self.blocks + block) * self.input;
        &self.values[(start + from) * self.rows..(start + self.input) * self.rows]
    }
}
