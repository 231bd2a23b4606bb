//! Comparison with golden folders: what another implementation dumped of its inputs, outputs and what lies between. One reader of
//! such folders, one report; beneath them a room for each thing that is compared.

mod folder;
#[cfg(feature = "neural")]
pub mod network;
pub mod preprocessing;
mod report;

pub use folder::GoldenFolder;
pub use report::{Comparison, Measure, Report, Subject, TensorComparison, largest_difference};
