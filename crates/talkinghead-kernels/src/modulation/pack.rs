//! Scale and offset weights side by side in the order in which the register tile reads them.

use talkinghead_simd::tile_shape;

use crate::convolution::check;
use crate::{InstructionSet, KernelError};

/// Packed weights of one map: blocks of half a tile's rows for gamma and as many for beta, `[block][hidden][row]`.
#[derive(Debug, Clone)]
pub struct ModulationWeights {
    channels: usize,
    hidden: usize,
    rows: usize,
    values: Vec<f32>,
    /// `[block][row]` of gamma plus 1, then of beta.
    biases: [Vec<f32>; 2],
}

impl ModulationWeights {
    /// Takes gamma and beta `[channels, hidden]` and their biases `[channels]` (zero if absent); modulation is by `1 + gamma`.
    ///
    /// # Errors
    /// Buffers of the wrong length.
    pub fn new(
        instructions: InstructionSet,
        channels: usize,
        gamma: &[f32],
        beta: &[f32],
        biases: Option<[&[f32]; 2]>,
    ) -> Result<Self, KernelError> {
        let instructions = instructions.or_portable();
        let (rows, _) = tile_shape(instructions);
        let hidden = gamma.len() / channels.max(1);
        check("gamma", gamma.len(), channels * hidden)?;
        check("beta", beta.len(), gamma.len())?;
        for bias in biases.iter().flatten() {
            check("bias", bias.len(), channels)?;
        }
        let half = rows / 2;
        let padded = channels.next_multiple_of(half);
        let mut values = vec![0.0; padded / half * hidden * rows];
        for (part, weights) in [gamma, beta].into_iter().enumerate() {
            for (channel, row) in weights.chunks_exact(hidden.max(1)).enumerate() {
                let start = channel / half * hidden * rows + part * half + channel % half;
                for (step, value) in row.iter().enumerate() {
                    values[start + step * rows] = *value;
                }
            }
        }
        let bias = |part: usize, one: f32| -> Vec<f32> {
            (0..padded).map(|channel| biases.and_then(|biases| biases[part].get(channel).copied()).unwrap_or(0.0) + one).collect()
        };
        Ok(Self { channels, hidden, rows, values, biases: [bias(0, 1.0), bias(1, 0.0)] })
    }

    /// Channels that are modulated.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Channels of the map.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Rows of the tile that the weights are packed for.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Weights and biases (gamma plus 1, beta) of a block.
    #[inline(always)]
    pub(super) fn block(&self, block: usize) -> (&[f32], &[f32], &[f32]) {
        let (length, half) = (self.hidden * self.rows, self.rows / 2);
        let bias = |part: usize| &self.biases[part][block * half..][..half];
        (&self.values[block * length..][..length], bias(0), bias(1))
    }
}
