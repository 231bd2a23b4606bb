//! From finished sources to a data set: identities, splits, duplicates, manifest, report, shards. Everything here follows
//! from the records alone, so that merging the parts of many machines gives what one machine would have given.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::duplicates::without_duplicates;
use crate::identities::identities;
use crate::preprocess::DATASET;
use crate::splits::{Split, split_identities};
use crate::work::WORK;
use crate::{
    ClipDescription, DatasetDescription, DatasetError, Format, ManifestRow, MergeSettings, Place, Reason, Rejection, WorkRecord,
};

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

/// Everything that the report shows.
pub(crate) struct Merged {
    pub(crate) description: DatasetDescription,
    pub(crate) rows: Vec<ManifestRow>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) summary: MergeSummary,
}

/// Writes `manifest.jsonl`, `rejected.jsonl`, `report.html`, and tar shards when asked for.
///
/// # Errors
/// The output holds no run, or cannot be read or written.
pub fn merge(output: &Place, settings: &MergeSettings) -> Result<MergeSummary, DatasetError> {
    let mut merged = collect(output, settings)?;
    if settings.format == Format::Webdataset {
        crate::webdataset::write_shards(output, &mut merged.rows, settings.clips_per_shard)?;
    }
    output.write("manifest.jsonl", &lines(&merged.rows)?)?;
    output.write("rejected.jsonl", &lines(&merged.rejected)?)?;
    output.write("report.html", crate::report::page(output, &merged)?.as_bytes())?;
    // What killed runs left behind.
    if matches!(output, Place::Folder(_)) {
        output.remove(".staging")?;
    }
    Ok(merged.summary)
}

fn lines<T: Serialize>(items: &[T]) -> Result<Vec<u8>, DatasetError> {
    let mut text = Vec::new();
    for item in items {
        serde_json::to_writer(&mut text, item)
            .map_err(|error| DatasetError::Malformed { file: "the manifest".to_owned(), detail: error.to_string() })?;
        text.push(b'\n');
    }
    Ok(text)
}

fn collect(output: &Place, settings: &MergeSettings) -> Result<Merged, DatasetError> {
    let text = output
        .read(DATASET)?
        .ok_or_else(|| DatasetError::Settings(format!("{output} holds no {DATASET}; run `preprocess` before merging")))?;
    let description: DatasetDescription = serde_json::from_slice(&text)
        .map_err(|error| DatasetError::Malformed { file: DATASET.to_owned(), detail: error.to_string() })?;
    let fingerprint = description.settings.fingerprint();
    let mut summary = MergeSummary { sources_expected: description.sources, ..MergeSummary::default() };
    let (mut clips, mut rejected, mut stale) = (Vec::new(), description.problems.clone(), 0);
    for name in output.files_under(WORK)? {
        if !name.ends_with(".json") {
            continue;
        }
        let record = output.read(&name)?.and_then(|bytes| serde_json::from_slice::<WorkRecord>(&bytes).ok());
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
    summary.seconds = crate::clip::rounded(rows.iter().map(|row| row.seconds).sum(), 2);
    summary.identities = identities.iter().collect::<BTreeSet<_>>().len();
    rows.iter().for_each(|row| *summary.splits.entry(row.split).or_default() += 1);
    summary.rejected = rejected.len();
    rejected.iter().for_each(|rejection| *summary.reasons.entry(rejection.reason).or_default() += 1);
    Ok(Merged { description, rows, rejected, summary })
}
