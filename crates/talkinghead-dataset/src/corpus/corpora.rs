//! The corpora whose folders are understood: where the videos lie, where their sound, who speaks, and which part of the
//! official split they belong to.

use serde::{Deserialize, Serialize};

use crate::rejection::{Reason, Rejection};
use crate::store::{FileEntry, Listing};

use super::clip_names::name_clips;
use super::sidecars::SidecarIndex;
use super::source::Source;
use super::{crema_d, grid, lrs3, videos, voxceleb2};

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
        let mut unplaced = Vec::new();
        let mut sources = match self {
            Self::Grid => grid::sources(&listing.files, &index),
            Self::CremaD => crema_d::sources(&listing.files, &index, &mut unplaced),
            Self::Voxceleb2 => voxceleb2::sources(&listing.files, &mut unplaced),
            Self::Lrs3 => lrs3::sources(&listing.files, &mut unplaced),
            Self::Videos => videos::sources(&listing.files, peek),
        };
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        name_clips(&mut sources);
        let expected = format!("expected {}", self.layout());
        let unknown = |file: &FileEntry| Rejection::of_source(file.name(), Reason::UnknownLayout, expected.as_str());
        (sources, unplaced.into_iter().map(unknown).collect())
    }
}

#[cfg(test)]
pub(crate) fn listing_of(names: &[&str]) -> Listing {
    let files = names.iter().map(|name| FileEntry { path: name.into(), bytes: 1, stamp: String::new() }).collect();
    Listing { files, problems: Vec::new() }
}
