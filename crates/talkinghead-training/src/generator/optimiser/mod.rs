//! Gradients of a whole network, Adam, and the moving average of parameters.

mod adam;
mod average;
mod gradients;
mod low_rank;
mod named;

pub use adam::{Adam, AdamSettings};
pub use average::Average;
pub use gradients::GradientSet;
pub use low_rank::LowRank;
pub(in crate::generator) use named::{keys_by_id, tensors_under};
