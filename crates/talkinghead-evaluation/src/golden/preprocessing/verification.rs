//! All comparisons of a folder.

use std::path::Path;

use super::clip::GoldenClip;
use super::{geometry, pictures, selection};
use crate::EvaluationError;
use crate::golden::{Report, Subject};

/// Compares everything in the folder that there is. Differences are no errors; see [`Report::passed`].
///
/// # Errors
/// The folder or a file that it must have cannot be read.
pub fn verify(folder: &Path) -> Result<Report, EvaluationError> {
    let golden = GoldenClip::open(folder)?;
    let mut report = Report::new(Subject::Preprocessing, folder);
    geometry::check(&golden, &mut report)?;
    selection::check(&golden, &mut report)?;
    pictures::check(&golden, &mut report)?;
    report.missing = golden.missing();
    if report.comparisons.is_empty() {
        return Err(EvaluationError::Nothing { path: folder.to_path_buf() });
    }
    Ok(report)
}
