//! Are our networks the published ones? Comparison tensor by tensor with what another implementation computed: `options.json`,
//! weights, inputs, outputs and what lies between.

mod discriminator;
mod generator;
mod inputs;
mod tensors;
mod verification;

pub use inputs::{GoldenNetwork, InputKind};
pub use verification::{Network, verify};
