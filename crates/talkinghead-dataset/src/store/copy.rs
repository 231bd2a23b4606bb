//! Copies of a bucket's files on this machine.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::Location;
use crate::error::DatasetError;

/// What was copied: a hidden file of paths and the store's stamps.
const STAMPS: &str = ".stamps.json";

impl Location {
    /// Its files as those of a folder of this machine. A folder is that itself. Of a bucket the files that `wanted` takes are copied below
    /// `copies`, each whole or not at all; those that were copied before and have not changed in the store since are not fetched again,
    /// and several processes may copy to one place at once.
    ///
    /// # Errors
    /// The store or the system refused; an object's name leads out of the folder.
    pub fn on_this_machine(&self, copies: &Path, wanted: impl Fn(&Path) -> bool) -> Result<PathBuf, DatasetError> {
        let bucket = match self {
            Self::Folder(folder) => return Ok(folder.clone()),
            Self::Bucket(bucket) => bucket,
        };
        std::fs::create_dir_all(copies).map_err(DatasetError::file("write", copies))?;
        let record = copies.join(STAMPS);
        // A record that is damaged says nothing: everything is fetched anew.
        let mut stamps: BTreeMap<PathBuf, String> =
            std::fs::read(&record).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        for file in bucket.list("")?.files.into_iter().filter(|file| wanted(&file.path)) {
            if !file.path.components().all(|part| matches!(part, Component::Normal(_))) {
                let address = file.path.display().to_string();
                return Err(DatasetError::Address { address, detail: "it leads out of its folder".to_owned() });
            }
            let target = copies.join(&file.path);
            let there = std::fs::metadata(&target).is_ok_and(|found| found.len() == file.bytes);
            if there && stamps.get(&file.path) == Some(&file.stamp) {
                continue;
            }
            let folder = target.parent().unwrap_or(copies);
            std::fs::create_dir_all(folder).map_err(DatasetError::file("write", folder))?;
            let fetched = bucket.download(&file.path.to_string_lossy(), folder)?;
            std::fs::rename(&fetched, &target).map_err(DatasetError::file("write", &target))?;
            stamps.insert(file.path, file.stamp);
            // At once, so that what is interrupted goes on where it was.
            let text = serde_json::to_vec(&stamps).unwrap_or_default();
            talkinghead_media::write_file(&record, &text)?;
        }
        Ok(copies.to_owned())
    }
}
