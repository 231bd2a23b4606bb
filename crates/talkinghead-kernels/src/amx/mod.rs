//! Convolution in bf16 with matrix tiles (Intel AMX).
//!
//! The input becomes a zero-padded picture of bf16 numbers with the channels innermost. In it, sixteen neighbouring output pixels
//! by 32 channels at one tap are sixteen rows a fixed distance apart: exactly what a tile loads, with nothing gathered. Weights are
//! packed once as the tiles that stand on the right of the product. Two tiles of pixels by two of output channels are summed at a
//! time; their sums are turned back into planes, finished and stored.
//!
//! The tile instructions lie behind [`TileUnit`]. [`Instructions`] is the processor's; [`Model`] is the same in plain Rust, so that
//! all the rest can be tested on every machine, and so that a processor can be checked against it before its tiles are trusted.

#[cfg(target_arch = "x86_64")]
mod detect;
mod drive;
mod input;
#[cfg(target_arch = "x86_64")]
mod instructions;
mod model;
mod output;
mod transpose;
mod unit;
mod weights;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(crate) use detect::is_available;
pub(crate) use drive::{Problem, convolve};
#[cfg(target_arch = "x86_64")]
pub(crate) use instructions::Instructions;
#[cfg(test)]
pub(crate) use model::Model;
pub(crate) use weights::TileWeights;

/// Output pixels, and output channels, of a tile.
const SIDE: usize = 16;
/// Input channels of a tile.
const DEPTH: usize = 32;
/// Pairs of bf16 numbers, each the size of an f32, in [`DEPTH`] channels.
const PAIRS: usize = DEPTH / 2;
