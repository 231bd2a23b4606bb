//! Videos in, scores out: lists of pairs, measured one after the other; a pair that fails does not stop the others.

mod clip;
mod evaluator;
mod outcome;
mod pairs;
mod worst_frames;

pub use clip::{ClipCurves, EvaluatedClip};
pub use evaluator::{Evaluator, mean_opening};
pub use outcome::{Evaluation, FailedPair, MeasuredFile, Versions};
pub use pairs::{Pair, read_pairs};
pub use worst_frames::WorstFrame;
