//! The fixed ONNX networks that ship with the program, made ready to run, and the graphs and constants of ONNX files.
//!
//! Design decision: rten runs them. A program that makes a video of ten seconds in two uses each of these networks once or twice, so that
//! what counts is how soon it is ready: rten reads and prepares the largest in 30 ms. It is also small to build, and the first build is
//! what a newcomer waits for.

mod constants;
mod foreign;
mod network;
mod plan;
mod wire;

pub use constants::{OnnxConstant, constants, float_constant};
pub use foreign::ForeignOnnx;
pub use network::OnnxNetwork;
pub use plan::{OnnxError, OnnxOutput, OnnxPlan};
/// The messages of an ONNX file, for readers of graphs.
pub use rten_onnx::onnx as messages;
