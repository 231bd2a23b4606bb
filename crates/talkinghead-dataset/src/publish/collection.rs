//! From the records of finished sources to the clips of a data set: without duplicates, with identities and splits.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::duplicates::without_duplicates;
use super::identities::identities;
use super::manifest::ManifestRow;
use super::settings::MergeSettings;
use super::splits::{Split, split_identities};
use crate::clip::ClipDescription;
use crate::error::DatasetError;
use crate::rejection::{Reason, Rejection};
use crate::schedule::{DATASET, DatasetDescription, WORK, WorkRecord};
use crate::statistics::rounded;
use crate::store::Location;

/// What a merge found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MergeSummary {
    /// Sources with a record, of all in the corpus.
    pub sources: usize,
    /// Sources in the corpus.
    pub sources_expected: usize,
    /// Clips in the manifest.
    pub clips: usize,
    /// Their seconds.
    pub seconds: f64,
    /// Identities.
    pub identities: usize,
    /// Clips in each split.
    pub splits: BTreeMap<Split, usize>,
    /// Lines of `rejected.jsonl`.
    pub rejected: usize,
    /// The same by reason.
    pub reasons: BTreeMap<Reason, usize>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Everything that is published of a data set.
pub(crate) struct CollectedDataset {
    pub(crate) description: DatasetDescription,
    pub(crate) rows: Vec<ManifestRow>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) summary: MergeSummary,
}

/// Reads the records of an output.
///
/// # Errors
/// The output holds no run, or cannot be read.
pub(crate) fn collect(output: &Location, settings: &MergeSettings) -> Result<CollectedDataset, DatasetError> {
    let text = output.read(DATASET)?.ok_or_else(|| DatasetError::NoRun { output: output.to_string(), file: DATASET })?;
    let description: DatasetDescription = serde_json::from_slice(&text)
        .map_err(|error| DatasetError::Malformed { file: DATASET.to_owned(), detail: error.to_string() })?;
    let fingerprint = description.settings.fingerprint();
    let mut summary = MergeSummary { sources_expected: description.sources, ..MergeSummary::default() };
    let (mut clips, mut rejected, mut stale) = (Vec::new(), description.problems.clone(), 0);
    for name in output.files_under(WORK)? {
        if !name.ends_with(".json") {
            continue;
        }
        let record = output.read(&name)?.and_then(|bytes| WorkRecord::from_json(&bytes).ok());
        match record {
            Some(record) if record.settings == fingerprint => {
                summary.sources += 1;
                clips.extend(record.clips);
                rejected.extend(record.rejected);
            }
            _ => stale += 1,
        }
    }
    if stale > 0 {
        summary.warnings.push(format!("{stale} records were made with other settings and are left out"));
    }
    if summary.sources < summary.sources_expected {
        let missing = summary.sources_expected - summary.sources;
        summary.warnings.push(format!("{missing} of {} sources are not done yet", summary.sources_expected));
    }
    if summary.sources > summary.sources_expected {
        let gone = summary.sources - summary.sources_expected;
        summary.warnings.push(format!(
            "{gone} sources are done that the corpus no longer holds; start with an empty output to leave them out"
        ));
    }
    clips.sort_by(|a: &ClipDescription, b| a.clip.cmp(&b.clip));
    let clips = without_duplicates(clips, &mut rejected);
    rejected.sort_by(|a, b| (&a.source, a.first_frame, a.reason).cmp(&(&b.source, b.first_frame, b.reason)));
    let identities = identities(&clips);
    let splits = split_identities(&clips, &identities, settings, &mut summary.warnings);
    let rows: Vec<ManifestRow> =
        clips.iter().zip(&identities).map(|(clip, identity)| ManifestRow::new(clip, identity, splits[identity])).collect();
    summary.clips = rows.len();
    summary.seconds = rounded(rows.iter().map(|row| row.seconds).sum(), 2);
    summary.identities = identities.iter().collect::<BTreeSet<_>>().len();
    rows.iter().for_each(|row| *summary.splits.entry(row.split).or_default() += 1);
    summary.rejected = rejected.len();
    rejected.iter().for_each(|rejection| *summary.reasons.entry(rejection.reason).or_default() += 1);
    Ok(CollectedDataset { description, rows, rejected, summary })
}
