//! Comparison of our networks with numbers that another implementation dumped: golden folders.

mod discriminator;
mod folder;
mod generator;
mod report;

use std::path::Path;

use burn::tensor::Device;

pub use folder::GoldenFolder;
pub use report::{Comparison, Measure, Report};
pub use talkinghead_formats::parse_keys;

use crate::error::SynthesisError;

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
pub fn verify(network: Network, folder: &Path, tolerance: Option<f64>, device: &Device) -> Result<Report, SynthesisError> {
    let golden = GoldenFolder::open(folder)?;
    let mut report = Report::new(network, folder, tolerance);
    match network {
        Network::Generator => generator::run(&golden, &mut report, device)?,
        Network::Discriminator => discriminator::run(&golden, &mut report, device)?,
    }
    Ok(report)
}
