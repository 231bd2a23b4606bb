//! A source: a video of a corpus with what belongs to it.

use serde::{Deserialize, Serialize};

use crate::store::{FileEntry, without_extension};

/// A video of a corpus with what its place and name say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The video's path as printable text.
    pub name: String,
    /// Unique name of the clip (or of the clips, with a suffix): folders and stem of the video.
    pub clip: String,
    /// The video.
    pub video: FileEntry,
    /// Where its sound lies, if not inside.
    pub audio: Option<FileEntry>,
    /// What is said: LRS3's `.txt`, GRID's `.align`.
    pub transcript: Option<FileEntry>,
    /// Who speaks, if the corpus says so.
    pub identity: Option<String>,
    /// The recording it is cut from (one YouTube video): clips of one have the same sound delay.
    pub recording: Option<String>,
    /// The official part it belongs to.
    pub official_split: Option<OfficialSplit>,
    /// The emotion that is acted.
    pub emotion: Option<String>,
}

impl Source {
    /// A video of which only its place is known.
    pub(super) fn new(video: &FileEntry) -> Self {
        let name = video.name();
        Self {
            clip: without_extension(&name).to_owned(),
            name,
            video: video.clone(),
            audio: None,
            transcript: None,
            identity: None,
            recording: None,
            official_split: None,
            emotion: None,
        }
    }
}

/// Parts that corpora come divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficialSplit {
    /// LRS3's large part.
    Pretrain,
    /// LRS3's `trainval`.
    Trainval,
    /// VoxCeleb2's `dev`.
    Dev,
    /// The part for testing.
    Test,
}
