//! Clips in a folder, and what else lies there.

use std::path::{Path, PathBuf};

use talkinghead_dataset::DatasetError;

use super::ItemError;

/// Endings of a clip's cropped video (SPEC-data 2), and of its projection.
const CLIP: [&str; 2] = ["_aligned.mp4", "_crop.mp4"];
const PROJECTION: [&str; 2] = ["_aligned_ani.mp4", "_ani.mp4"];
const VIDEOS: [&str; 8] = ["mp4", "mpg", "mpeg", "mov", "avi", "mkv", "webm", "flv"];
/// Folders within folders that are looked into.
const DEEPEST: usize = 6;

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Cropped videos of clips, sorted.
    pub clips: Vec<PathBuf>,
    /// Other videos.
    pub others: Vec<PathBuf>,
    /// Tar shards, sorted.
    pub shards: Vec<PathBuf>,
}

impl Found {
    /// Looks through a folder; hidden ones are passed over.
    pub fn below(folder: &Path) -> Result<Self, ItemError> {
        let mut found = Self::default();
        found.look(folder, DEEPEST)?;
        found.clips.sort();
        found.others.sort();
        found.shards.sort();
        Ok(found)
    }

    fn look(&mut self, folder: &Path, deeper: usize) -> Result<(), ItemError> {
        let failed = |source| DatasetError::File { action: "list", path: folder.to_owned(), source };
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if deeper > 0 {
                    self.look(&path, deeper - 1)?;
                }
            } else if path.extension().is_some_and(|extension| extension == "tar") {
                self.shards.push(path);
            } else if CLIP.iter().any(|ending| name.ends_with(ending)) {
                self.clips.push(path);
            } else if !PROJECTION.iter().any(|ending| name.ends_with(ending)) && is_video(&path) {
                self.others.push(path);
            }
        }
        Ok(())
    }
}

fn is_video(path: &Path) -> bool {
    path.extension().is_some_and(|extension| VIDEOS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}
