//! From recordings of people speaking to the weights of the expression model: the recipe in `docs/results.md`, section
//! "Expression model".
//!
//! [`train_expression`] fits the basis of lips and jaw, the reduction of speech features, a ridge regression and two small
//! networks, on rows that may teach what ships. [`evaluate_expression`] scores weights on the other rows.

mod basis_fit;
mod clip;
mod clip_folders;
mod corpus;
mod error;
mod evaluate;
mod examples_of_speech;
mod input_fit;
mod linear_algebra;
mod network;
mod network_fit;
mod speaker;
mod train;
mod unsmile;
mod weighting;

pub use corpus::{CLIP_FOLDER, ClipParts, CorpusRow, ExpressionCorpus};
pub use error::ExpressionTrainingError;
pub use evaluate::{Score, SetScores};
pub use train::{ExpressionTraining, TrainedExpression, evaluate_expression, train_expression};
pub use unsmile::{UnsmileFit, evaluate_unsmile, score_names, train_unsmile};
