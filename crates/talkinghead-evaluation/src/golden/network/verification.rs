//! All comparisons of a folder.

use std::path::Path;

use burn::tensor::Device;

use super::inputs::GoldenNetwork;
use super::tensors::TensorReport;
use super::{discriminator, generator};
use crate::EvaluationError;
use crate::golden::{Report, Subject};

/// Which network a folder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The generator.
    Generator,
    /// The discriminator.
    Discriminator,
}

/// Runs a network on a folder's inputs and compares everything that the folder holds.
///
/// `tolerance` replaces the usual bounds: 2e-4 absolute for pictures (or ten times the reference's own rounding error, where
/// the folder states it and that is more), 1e-3 relative for everything else.
///
/// # Errors
/// Folders that cannot be read, and weights or options that do not fit. Differences are no errors; see [`Report::passed`].
pub fn verify(network: Network, folder: &Path, tolerance: Option<f64>, device: &Device) -> Result<Report, EvaluationError> {
    let golden = GoldenNetwork::open(folder)?;
    let subject = match network {
        Network::Generator => Subject::Generator,
        Network::Discriminator => Subject::Discriminator,
    };
    let mut report = TensorReport::new(Report::new(subject, folder), tolerance);
    match network {
        Network::Generator => generator::run(&golden, &mut report, device)?,
        Network::Discriminator => discriminator::run(&golden, &mut report, device)?,
    }
    Ok(report.finish())
}
