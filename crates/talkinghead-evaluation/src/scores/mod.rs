//! Measurements become scores: of one clip, and of many together.

mod clip;
mod summary;
mod value;

pub use clip::{ClipScores, Comparison};
pub use summary::{Summary, summaries};
pub use value::Value;
