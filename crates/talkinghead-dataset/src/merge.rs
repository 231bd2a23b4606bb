//! The end of preprocessing: manifest, rejections, report and shards from the records alone, so that merging the parts of many
//! machines gives what one machine would have given.

use serde::Serialize;

use crate::error::DatasetError;
use crate::publish::{Format, MergeSettings, MergeSummary, collect, write_shards};
use crate::store::Location;

/// Writes `manifest.jsonl`, `rejected.jsonl`, `report.html`, and tar shards when asked for.
///
/// # Errors
/// The output holds no run, or cannot be read or written.
pub fn merge(output: &Location, settings: &MergeSettings) -> Result<MergeSummary, DatasetError> {
    let mut dataset = collect(output, settings)?;
    if settings.format == Format::Webdataset {
        write_shards(output, &mut dataset.rows, settings.clips_per_shard)?;
    }
    output.write("manifest.jsonl", &lines(&dataset.rows)?)?;
    output.write("rejected.jsonl", &lines(&dataset.rejected)?)?;
    output.write("report.html", crate::report::page(output, &dataset)?.as_bytes())?;
    // What killed runs left behind.
    if matches!(output, Location::Folder(_)) {
        output.remove(".staging")?;
    }
    Ok(dataset.summary)
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
