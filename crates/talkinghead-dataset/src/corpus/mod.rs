//! The corpora whose folders are understood: where the videos lie, where their sound, who speaks, and which part of the
//! official split they belong to.

mod crema_d;
mod grid;
mod lrs3;
mod names;
mod videos;
mod voxceleb2;

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clip_name::without_extension;
use crate::{FileEntry, Listing, Reason, Rejection};

/// A corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corpus {
    /// GRID: `sN/*.mpg`, word timings in `align/`, sound inside or in `audio/`.
    Grid,
    /// CREMA-D: `VideoFlash/*.flv`, `AudioWAV/*.wav`; actor and emotion in the name.
    CremaD,
    /// VoxCeleb2: `dev|test/mp4/ID/VIDEO/N.mp4` and `dev|test/aac/ID/VIDEO/N.m4a`.
    Voxceleb2,
    /// LRS3: `pretrain|trainval|test/VIDEO/N.mp4` with `N.txt`.
    Lrs3,
    /// Any folder of videos.
    Videos,
}

impl Corpus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Grid, Self::CremaD, Self::Voxceleb2, Self::Lrs3, Self::Videos];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::CremaD => "crema-d",
            Self::Voxceleb2 => "voxceleb2",
            Self::Lrs3 => "lrs3",
            Self::Videos => "videos",
        }
    }

    /// The corpus of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|corpus| corpus.name() == name)
    }

    /// The layout, for people.
    pub fn layout(self) -> &'static str {
        match self {
            Self::Grid => "folders of speakers with videos, for instance s1/bbaf2n.mpg",
            Self::CremaD => "VideoFlash/1001_DFA_ANG_XX.flv and AudioWAV/1001_DFA_ANG_XX.wav",
            Self::Voxceleb2 => "dev/mp4/id00012/VIDEO/00001.mp4 and dev/aac/id00012/VIDEO/00001.m4a (also test/)",
            Self::Lrs3 => "pretrain, trainval and test folders with VIDEO/50001.mp4 and VIDEO/50001.txt",
            Self::Videos => "at least one video file",
        }
    }

    /// The sources in a listing, sorted by name, and what could not be placed.
    pub fn sources(self, listing: &Listing, peek: &dyn Fn(&FileEntry) -> Option<Vec<u8>>) -> (Vec<Source>, Vec<Rejection>) {
        let index = SidecarIndex::new(&listing.files);
        let mut problems = Vec::new();
        let mut sources = match self {
            Self::Grid => grid::sources(&listing.files, &index),
            Self::CremaD => crema_d::sources(&listing.files, &index, &mut problems),
            Self::Voxceleb2 => voxceleb2::sources(&listing.files, &mut problems),
            Self::Lrs3 => lrs3::sources(&listing.files, &mut problems),
            Self::Videos => videos::sources(&listing.files, peek),
        };
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        names::name_clips(&mut sources);
        (sources, problems)
    }
}

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
    fn new(video: &FileEntry) -> Self {
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

/// Extensions of videos.
const VIDEO: [&str; 20] = [
    "mp4", "m4v", "mkv", "mov", "avi", "webm", "mpg", "mpeg", "flv", "wmv", "ts", "mts", "m2ts", "3gp", "ogv", "vob", "divx",
    "mxf", "asf", "f4v",
];

/// Extensions of sound.
const AUDIO: [&str; 9] = ["wav", "m4a", "aac", "flac", "mp3", "ogg", "opus", "wma", "aiff"];

fn is_video(file: &FileEntry) -> bool {
    VIDEO.contains(&file.extension().as_str())
}

fn is_audio(file: &FileEntry) -> bool {
    AUDIO.contains(&file.extension().as_str())
}

/// Files that are no videos, by the stem of their name.
struct SidecarIndex<'a> {
    by_stem: HashMap<&'a str, Vec<&'a FileEntry>>,
}

impl<'a> SidecarIndex<'a> {
    fn new(files: &'a [FileEntry]) -> Self {
        let mut by_stem: HashMap<&str, Vec<&FileEntry>> = HashMap::new();
        for file in files.iter().filter(|file| !is_video(file)) {
            if let Some(stem) = file.path.file_stem().and_then(|stem| stem.to_str()) {
                by_stem.entry(stem).or_default().push(file);
            }
        }
        Self { by_stem }
    }

    /// The file of the same stem that `wanted` accepts and whose folders share most parts with the video's.
    fn beside(&self, video: &FileEntry, wanted: impl Fn(&FileEntry) -> bool) -> Option<FileEntry> {
        let stem = video.path.file_stem()?.to_str()?;
        let shared = |file: &FileEntry| parts(&file.path).iter().filter(|part| parts(&video.path).contains(part)).count();
        let candidates = self.by_stem.get(stem)?.iter().filter(|file| wanted(file));
        candidates.max_by_key(|file| (shared(file), std::cmp::Reverse(file.path.clone()))).map(|file| (*file).clone())
    }
}

/// Folders of a path as text, the file's name left out.
fn parts(path: &Path) -> Vec<&str> {
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap_or("")).collect();
    parts.pop();
    parts
}

/// The name of a piece of a source that gave several.
pub(crate) fn piece_name(clip: &str, number: usize) -> String {
    format!("{clip}-{number:03}")
}

fn unknown_place(file: &FileEntry, corpus: Corpus) -> Rejection {
    Rejection::of_source(file.name(), Reason::UnknownLayout, format!("expected {}", corpus.layout()))
}

#[cfg(test)]
pub(crate) fn listing_of(names: &[&str]) -> Listing {
    let files = names.iter().map(|name| FileEntry { path: name.into(), bytes: 1, stamp: String::new() }).collect();
    Listing { files, problems: Vec::new() }
}
