//! Kinds of files by their names, and the files that belong to a video: sound, words.

use std::collections::HashMap;
use std::path::Path;

use crate::store::FileEntry;

/// Extensions of videos.
pub(super) const VIDEO: [&str; 20] = [
    "mp4", "m4v", "mkv", "mov", "avi", "webm", "mpg", "mpeg", "flv", "wmv", "ts", "mts", "m2ts", "3gp", "ogv", "vob", "divx",
    "mxf", "asf", "f4v",
];

/// Extensions of sound.
pub(super) const AUDIO: [&str; 9] = ["wav", "m4a", "aac", "flac", "mp3", "ogg", "opus", "wma", "aiff"];

pub(super) fn is_video(file: &FileEntry) -> bool {
    VIDEO.contains(&file.extension().as_str())
}

pub(super) fn is_audio(file: &FileEntry) -> bool {
    AUDIO.contains(&file.extension().as_str())
}

/// Files that are no videos, by the stem of their name.
pub(super) struct SidecarIndex<'a> {
    by_stem: HashMap<&'a str, Vec<&'a FileEntry>>,
}

impl<'a> SidecarIndex<'a> {
    pub(super) fn new(files: &'a [FileEntry]) -> Self {
        let mut by_stem: HashMap<&str, Vec<&FileEntry>> = HashMap::new();
        for file in files.iter().filter(|file| !is_video(file)) {
            if let Some(stem) = file.path.file_stem().and_then(|stem| stem.to_str()) {
                by_stem.entry(stem).or_default().push(file);
            }
        }
        Self { by_stem }
    }

    /// The file of the same stem that `wanted` accepts and whose folders share most parts with the video's.
    pub(super) fn beside(&self, video: &FileEntry, wanted: impl Fn(&FileEntry) -> bool) -> Option<FileEntry> {
        let stem = video.path.file_stem()?.to_str()?;
        let shared = |file: &FileEntry| parts(&file.path).iter().filter(|part| parts(&video.path).contains(part)).count();
        let candidates = self.by_stem.get(stem)?.iter().filter(|file| wanted(file));
        candidates.max_by_key(|file| (shared(file), std::cmp::Reverse(file.path.clone()))).map(|file| (*file).clone())
    }
}

/// Folders of a path as text, the file's name left out.
pub(super) fn parts(path: &Path) -> Vec<&str> {
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap_or("")).collect();
    parts.pop();
    parts
}
