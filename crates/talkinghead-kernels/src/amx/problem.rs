//! What is convolved.

use super::weights::TileWeights;
use crate::epilogue::Epilogue;
use crate::geometry::Geometry;

/// One convolution of a batch with one set of weights.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub geometry: &'a Geometry,
    pub weights: &'a TileWeights,
    /// `[batch, input, height, width]`.
    pub x: &'a [f32],
    pub batch: usize,
    /// Height and width of the input.
    pub size: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    pub epilogue: Epilogue<'a>,
}

/// Up to sixteen pixels of a row of a phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub row: usize,
    pub column: usize,
    pub length: usize,
}
