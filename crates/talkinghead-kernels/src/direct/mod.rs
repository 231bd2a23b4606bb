//! Convolution as a matrix product whose columns are gathered on the way: any kernel, stride, dilation, direction.
//!
//! A panel of output pixels (as wide as the register tile) is one unit of work: its columns are packed a few input channels at a
//! time, small enough for the first-level cache, and multiplied with all output channels. Weights are packed once.

mod columns;
mod drive;
mod pack;

pub(crate) use drive::{Problem, convolve, finish};
pub(crate) use pack::DirectWeights;

/// Depth (input channels times taps) after which a panel is packed anew; 256 steps of 24 pixels fill three quarters of a
/// first-level cache of 32 KB.
pub(crate) const DEPTH: usize = 256;

/// Input channels packed at a time.
pub(crate) fn channels_at_a_time(taps: usize) -> usize {
    (DEPTH / taps.max(1)).max(1)
}
