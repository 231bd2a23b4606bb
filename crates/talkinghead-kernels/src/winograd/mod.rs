//! Winograd's F(4x4, 3x3): a 3x3 convolution of 4x4 output pixels with 36 multiplications instead of 144 (Lavin and Gray, "Fast
//! Algorithms for Convolutional Neural Networks", 2015).
//!
//! Tiles of 6x6 input pixels are transformed, for each of the 36 places all tiles and channels make one matrix product, and its
//! results are transformed back to 4x4 output pixels. Rounding errors are about ten times those of the plain sum.

mod drive;
mod input;
mod output;
mod weights;

pub(crate) use drive::{Problem, convolve};
pub(crate) use weights::WinogradWeights;

use crate::geometry::{Direction, Geometry};

/// Output pixels of a tile along each axis.
const OUT: usize = 4;
/// Input pixels of a tile along each axis.
const IN: usize = 6;
/// Places of a tile.
const PLACES: usize = IN * IN;

/// Whether this way of computing wins for a convolution: 3x3 with stride 1, with enough channels to pay for the transforms and enough
/// tiles to fill the vectors.
pub(crate) fn pays(geometry: &Geometry, batch: usize, output: [usize; 2]) -> bool {
    let fits = geometry.kernel == [3; 2]
        && geometry.stride == [1; 2]
        && geometry.dilation == [1; 2]
        && geometry.direction == Direction::Ordinary;
    let tiles = batch * output[0].div_ceil(OUT) * output[1].div_ceil(OUT);
    fits && geometry.input >= 16 && geometry.output >= 16 && tiles >= 12
}

/// Output pixels of a batch from which on it wins even where weights are used once, so that their transform has to be paid for.
const PIXELS_FOR_ONE_USE: usize = 1024;

/// Whether it wins for weights that are used once.
pub(crate) fn pays_once(geometry: &Geometry, batch: usize, output: [usize; 2]) -> bool {
    pays(geometry, batch, output) && batch * output[0] * output[1] >= PIXELS_FOR_ONE_USE
}
