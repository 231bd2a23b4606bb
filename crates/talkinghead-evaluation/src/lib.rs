//! Evaluation: metrics later; today comparison with golden folders of other implementations.
//!
//! Design decision: evaluation looks at the product crates from outside. They do not know it, and what it needs of them is public
//! there. Uses media, face, render, formats and dataset, and synthesis by the feature `neural`; only the binary uses it.

mod error;
pub mod golden;

pub use error::EvaluationError;
