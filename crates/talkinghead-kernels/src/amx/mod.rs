//! Convolution in bf16 with matrix tiles (Intel AMX).
//!
//! The input becomes a zero-padded picture of bf16 numbers with the channels innermost. In it, sixteen neighbouring output pixels
//! by 32 channels at one tap are sixteen rows a fixed distance apart: exactly what a tile loads, with nothing gathered. Weights are
//! packed once as the tiles that stand on the right of the product. Two tiles of pixels by two of output channels are summed at a
//! time; their sums are turned back into planes, finished and stored.
//!
//! The tile instructions lie behind [`talkinghead_simd::tiles::TileUnit`]: those of the processor, or a model of them in plain Rust, with
//! which all the rest is tested on every machine.

mod drive;
mod input;
mod output;
mod problem;
mod transpose;
mod weights;

#[cfg(test)]
mod tests;

pub(crate) use drive::convolve;
pub(crate) use problem::Problem;
pub(crate) use weights::TileWeights;

/// Output pixels, and output channels, of a tile.
const SIDE: usize = talkinghead_simd::tiles::SIDE;
/// Input channels of a tile.
const DEPTH: usize = 32;
/// Pairs of bf16 numbers, each the size of an f32, in [`DEPTH`] channels.
const PAIRS: usize = DEPTH / 2;
