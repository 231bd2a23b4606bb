//! GRID (Cooke and others, 2006): 34 speakers, 1000 sentences of 3 s each.
//!
//! Copies of it differ: `s1/bbaf2n.mpg`, `s1/video/bbaf2n.mpg`, `video/s1/…`, `s1/video/mpg_6000/…`, with word timings in
//! `s1/align/bbaf2n.align`, `align/s1/…` or beside the video, sound inside the video or as `audio/s1/bbaf2n.wav`.

use super::sidecars::{SidecarIndex, is_audio, is_video, parts};
use super::source::Source;
use crate::store::FileEntry;

/// Folder names that name no speaker.
const STRUCTURE: [&str; 12] =
    ["video", "videos", "audio", "align", "alignments", "mpg_6000", "mpg_vcd", "grid", "data", "raw", "mpg", "25khz"];

pub(super) fn sources(files: &[FileEntry], index: &SidecarIndex<'_>) -> Vec<Source> {
    files
        .iter()
        .filter(|file| is_video(file))
        .map(|file| {
            let identity = speaker(file);
            let same_speaker = |other: &FileEntry| identity.is_none() || speaker(other) == identity;
            Source {
                audio: index.beside(file, |other| is_audio(other) && same_speaker(other)),
                transcript: index.beside(file, |other| other.extension() == "align" && same_speaker(other)),
                identity: identity.clone(),
                ..Source::new(file)
            }
        })
        .collect()
}

/// The deepest folder named like a speaker (`s12`), else the deepest that is no part of the structure.
fn speaker(file: &FileEntry) -> Option<String> {
    let folders = parts(&file.path);
    let numbered =
        |name: &&&str| name.strip_prefix('s').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let named = |name: &&&str| !name.is_empty() && !STRUCTURE.contains(&name.to_lowercase().as_str());
    let found = folders.iter().rev().find(numbered).or_else(|| folders.iter().rev().find(named));
    found.map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::corpus::corpora::{Corpus, listing_of};

    #[test]
    fn copies_of_the_corpus_are_understood() {
        let listing = listing_of(&[
            "s1/align/bbaf2n.align",
            "s1/video/mpg_6000/bbaf2n.mpg",
            "s2/bbaf2n.align",
            "s2/bbaf2n.mpg",
            "audio/s2/bbaf2n.wav",
            "gD/clip1.mp4",
        ]);
        let (sources, problems) = Corpus::Grid.sources(&listing, &|_| None);
        assert!(problems.is_empty());
        let identities: Vec<&str> = sources.iter().map(|source| source.identity.as_deref().unwrap()).collect();
        assert_eq!(identities, ["gD", "s1", "s2"]);
        assert_eq!(sources[1].transcript.as_ref().unwrap().name(), "s1/align/bbaf2n.align");
        assert_eq!(sources[1].audio, None);
        assert_eq!(sources[2].transcript.as_ref().unwrap().name(), "s2/bbaf2n.align");
        assert_eq!(sources[2].audio.as_ref().unwrap().name(), "audio/s2/bbaf2n.wav");
    }
}
