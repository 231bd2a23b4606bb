//! Evaluation: how good is a talking head? Metrics, suites, reports; and comparison with golden folders of other implementations.
//!
//! Design decision: evaluation looks at the product crates from outside. They do not know it, and what it needs of them is public
//! there. A metric is a plain function of curves or pictures, tested on cases with known answers; `measurement` makes videos comparable
//! and gives those curves; `scores` puts names to numbers. Uses media, face, speech, motion, render, formats and dataset, and synthesis
//! by the feature `neural`; only training, for its own comparisons, and the binary use it.

mod error;
pub mod evaluation;
pub mod golden;
pub mod identity;
pub mod image;
pub mod landmarks;
pub mod lips;
pub mod measurement;
mod metric;
pub mod pose;
pub mod report;
pub mod scores;
pub mod statistics;
pub mod suite;
pub mod supplied;
pub mod time;

pub use error::EvaluationError;
pub use metric::{Better, METRICS, Metric, metric_named};

/// Keeps the README's example compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
