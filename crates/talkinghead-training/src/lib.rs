//! Teaches: the small motion models and, later, the neural generator. Needs recordings; what it learns ships as weights.
//!
//! Uses every crate of inference; only the command line uses it.

mod compatibility;
pub mod expression;
pub mod flow;
pub mod head_motion;

pub use compatibility::Compatibility;
