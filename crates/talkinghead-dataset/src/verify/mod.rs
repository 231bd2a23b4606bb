//! Is our preprocessing the reference's? Comparison with a folder of numbers and pictures that it made (the layout of
//! `golden/preprocessing`: `values.json`, `.npy` and `.png` files).

mod choices;
mod folder;
mod geometry;
mod pictures;
mod report;

use std::path::Path;

pub use report::{Check, Report};

use crate::DatasetError;
use folder::GoldenFolder;

/// Compares everything in the folder that there is. Differences are no errors; see [`Report::passed`].
///
/// # Errors
/// The folder or a file that it must have cannot be read.
pub fn verify(folder: &Path) -> Result<Report, DatasetError> {
    let golden = GoldenFolder::open(folder)?;
    let mut report = Report::new(folder);
    geometry::check(&golden, &mut report)?;
    choices::check(&golden, &mut report)?;
    pictures::check(&golden, &mut report)?;
    report.missing = golden.missing();
    if report.checks.is_empty() {
        return Err(DatasetError::Settings(format!("{} holds nothing that can be compared", folder.display())));
    }
    Ok(report)
}
