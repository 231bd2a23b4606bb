//! The landmark network without a general runtime: the same graph, run row by row through its residual blocks.
//!
//! The network is a chain of bottleneck blocks of 8 to 128 channels. Pixels are kept with their channels side by side, and
//! a block works on one row at a time, so that all but the block's own picture stays in the nearest cache. The only
//! `unsafe` code of the crate is in this module; every fast loop has a plain twin, and tests hold both against tract.

#![expect(unsafe_code, reason = "loops over raw vectors, each with a plain twin")]

mod executor;
mod graph;
mod kernels;
mod lanes;
mod sampling;

pub(crate) use executor::{INPUT_ROW, MeshExecutor, SIDE};
pub(crate) use sampling::SampledRow;
