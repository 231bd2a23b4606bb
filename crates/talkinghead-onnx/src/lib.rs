//! The fixed ONNX networks that ship with the program, made ready to run.
//!
//! Design decision: a program that makes a video of ten seconds in two uses each of these networks once or twice, so that what counts is
//! how soon it is ready. tract's simplification of a graph looks at all of it after each change, and takes longer than the network runs;
//! it can be left out ([`Simplification`]), and weights that are stored in fewer bits are widened before tract sees them. The answers are
//! the same.

mod network;
mod plan;
mod widening;

pub use network::OnnxNetwork;
pub use plan::{OnnxError, OnnxOutput, OnnxPlan, Simplification};
