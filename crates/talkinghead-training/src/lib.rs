//! Teaches: the small motion models and, later, the neural generator. Needs recordings; what it learns ships as weights.
//!
//! Uses every crate of inference; only the command line uses it.

pub mod expression;
pub mod head_motion;
