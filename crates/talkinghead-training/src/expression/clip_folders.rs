//! Recordings as `talkinghead preprocess` leaves them: clip folders, with a manifest or without one.

use std::path::{Path, PathBuf};

use talkinghead_dataset::{ClipDescription, DatasetError, ManifestRow, OfficialSplit, Split, read_manifest};

use super::corpus::{CLIP_FOLDER, ClipParts, CorpusRow};
use super::error::ExpressionTrainingError;

/// Folders within folders that are looked into.
const DEEPEST: usize = 6;
/// Largest `clip.json` that is read, bytes.
const LARGEST_DESCRIPTION: u64 = 64 << 20;

/// A row for each clip that has sound, in the order of their folders. The manifest of a finished run says who speaks and which split a
/// clip is in; without one, `clip.json` does, and all but official test parts teach.
///
/// # Errors
/// There are no clips, or one is damaged.
pub fn clip_folders(data: &Path) -> Result<Vec<CorpusRow>, ExpressionTrainingError> {
    let manifest = data.join("manifest.jsonl");
    let rows = if manifest.is_file() { of_manifest(data, &manifest)? } else { found_below(data)? };
    if rows.is_empty() {
        return Err(ExpressionTrainingError::NoCorpus { path: data.to_owned() });
    }
    Ok(rows.into_iter().filter(|row| row.parts.as_ref().is_some_and(|parts| parts.sound.is_file())).collect())
}

fn of_manifest(data: &Path, manifest: &Path) -> Result<Vec<CorpusRow>, ExpressionTrainingError> {
    let failed = |source| ExpressionTrainingError::File { path: manifest.to_owned(), source };
    let mut clips = read_manifest(&std::fs::read(manifest).map_err(failed)?)?;
    clips.sort_by(|a, b| a.folder.cmp(&b.folder));
    clips.iter().map(|clip| of_row(data, clip)).collect()
}

fn of_row(data: &Path, clip: &ManifestRow) -> Result<CorpusRow, ExpressionTrainingError> {
    let folder = data.join(&clip.folder);
    Ok(row(clip.folder.clone(), &folder, &clip.identity, clip.split, &read_description(&folder)?))
}

fn found_below(data: &Path) -> Result<Vec<CorpusRow>, ExpressionTrainingError> {
    let mut folders = Vec::new();
    find(data, DEEPEST, &mut folders)?;
    folders.sort();
    let clip = |folder: &PathBuf| {
        let description = read_description(folder)?;
        let name = folder.strip_prefix(data).unwrap_or(folder).to_string_lossy().into_owned();
        let identity = description.identity.clone().unwrap_or_else(|| description.clip.clone());
        let split = if description.official_split == Some(OfficialSplit::Test) { Split::Test } else { Split::Train };
        Ok(row(name, folder, &identity, split, &description))
    };
    folders.iter().map(clip).collect()
}

fn row(file: String, folder: &Path, identity: &str, split: Split, description: &ClipDescription) -> CorpusRow {
    let parts = ClipParts { video: folder.join(&description.files.video), sound: folder.join(&description.files.audio) };
    CorpusRow {
        file,
        kind: CLIP_FOLDER.to_owned(),
        identity: identity.to_owned(),
        split: split.name().to_owned(),
        sync: "ok".to_owned(),
        licence: "own".to_owned(),
        parts: Some(parts),
    }
}

fn read_description(folder: &Path) -> Result<ClipDescription, ExpressionTrainingError> {
    let path = folder.join("clip.json");
    let failed = |source| ExpressionTrainingError::File { path: path.clone(), source };
    let index = |detail| ExpressionTrainingError::Index { path: path.clone(), detail };
    if std::fs::metadata(&path).map_err(failed)?.len() > LARGEST_DESCRIPTION {
        return Err(index("it is too large for the description of a clip".to_owned()));
    }
    ClipDescription::from_json(&std::fs::read(&path).map_err(failed)?).map_err(index)
}

/// Folders with a `clip.json`; hidden ones are passed over.
fn find(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) -> Result<(), ExpressionTrainingError> {
    let failed = |source| DatasetError::File { action: "list", path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if deeper > 0 {
                find(&path, deeper - 1, found)?;
            }
        } else if name == "clip.json" {
            found.push(folder.to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_without_clips_is_no_corpus() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(clip_folders(folder.path()), Err(ExpressionTrainingError::NoCorpus { .. })));
        assert!(clip_folders(&folder.path().join("missing")).is_err());
        std::fs::create_dir(folder.path().join("one")).unwrap();
        std::fs::write(folder.path().join("one/clip.json"), "{}").unwrap();
        let error = clip_folders(folder.path()).unwrap_err();
        assert!(matches!(&error, ExpressionTrainingError::Index { path, .. } if path.ends_with("one/clip.json")), "{error}");
        std::fs::write(folder.path().join("manifest.jsonl"), "{\"clip\": 1}\n").unwrap();
        assert!(clip_folders(folder.path()).unwrap_err().to_string().contains("line 1"));
    }
}
