//! Teaches: the small motion models and the neural generator. Needs recordings; what it learns ships as weights.
//!
//! Uses every crate of inference; only the command line uses it.

mod compatibility;
pub mod distributed;
pub mod expression;
pub mod finetune;
pub mod flow;
pub mod generator;
pub mod head_motion;
pub mod items;
pub mod published;
pub mod recipe;
pub mod run;

pub use compatibility::Compatibility;
