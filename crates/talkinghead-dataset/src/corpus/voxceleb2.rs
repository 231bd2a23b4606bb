//! VoxCeleb2 (Chung, Nagrani, Zisserman, 2018): celebrities on YouTube, 5994 in `dev`, 118 in `test`.
//!
//! `dev/mp4/id00012/21Uxsk56VDQ/00001.mp4` holds the picture only; the sound is `dev/aac/id00012/21Uxsk56VDQ/00001.m4a`.
//! Unpacked archives may put folders above (`vox2_dev_mp4/dev/mp4/…`) or call `aac` `m4a`.

use std::collections::HashMap;

use super::sidecars::{is_audio, is_video, parts};
use super::source::{OfficialSplit, Source};
use crate::store::FileEntry;

/// The sources; files whose place or name the layout does not know go to `unplaced`.
pub(super) fn sources<'a>(files: &'a [FileEntry], unplaced: &mut Vec<&'a FileEntry>) -> Vec<Source> {
    let mut sound: HashMap<(Option<OfficialSplit>, Tail<'_>), &FileEntry> = HashMap::new();
    for file in files.iter().filter(|file| is_audio(file)) {
        if let Some(tail) = tail(file) {
            sound.insert((split(file), tail), file);
        }
    }
    let mut sources = Vec::new();
    for file in files.iter().filter(|file| is_video(file)) {
        match tail(file) {
            Some(tail) => sources.push(Source {
                audio: sound.get(&(split(file), tail)).map(|file| (*file).clone()),
                identity: Some(tail.0.to_owned()),
                recording: Some(tail.1.to_owned()),
                official_split: split(file),
                ..Source::new(file)
            }),
            None => unplaced.push(file),
        }
    }
    sources
}

/// Identity, video, number.
type Tail<'a> = (&'a str, &'a str, &'a str);

fn tail(file: &FileEntry) -> Option<Tail<'_>> {
    let stem = file.path.file_stem()?.to_str()?;
    match parts(&file.path)[..] {
        [.., identity, video] if is_identity(identity) && !video.is_empty() => Some((identity, video, stem)),
        _ => None,
    }
}

fn is_identity(name: &str) -> bool {
    name.strip_prefix("id").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn split(file: &FileEntry) -> Option<OfficialSplit> {
    parts(&file.path).iter().rev().find_map(|part| match *part {
        "test" => Some(OfficialSplit::Test),
        "dev" | "train" => Some(OfficialSplit::Dev),
        part if part.starts_with("vox2_test") => Some(OfficialSplit::Test),
        part if part.starts_with("vox2_dev") => Some(OfficialSplit::Dev),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::corpus::corpora::{Corpus, listing_of};
    use crate::corpus::source::OfficialSplit;

    #[test]
    fn sound_lies_in_the_other_tree() {
        let listing = listing_of(&[
            "dev/aac/id00012/21Uxsk56VDQ/00001.m4a",
            "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4",
            "test/aac/id00017/5MkXgwdrmJw/00001.m4a",
            "test/mp4/id00017/5MkXgwdrmJw/00001.mp4",
            "test/mp4/id00017/5MkXgwdrmJw/00002.mp4",
            "stray.mp4",
        ]);
        let (sources, problems) = Corpus::Voxceleb2.sources(&listing, &|_| None);
        assert_eq!(sources.len(), 3);
        assert_eq!(problems.len(), 1);
        assert_eq!(sources[0].official_split, Some(OfficialSplit::Dev));
        assert_eq!(sources[0].audio.as_ref().unwrap().name(), "dev/aac/id00012/21Uxsk56VDQ/00001.m4a");
        assert_eq!(sources[1].official_split, Some(OfficialSplit::Test));
        assert_eq!(sources[1].identity.as_deref(), Some("id00017"));
        assert_eq!(sources[1].recording.as_deref(), Some("5MkXgwdrmJw"));
        assert_eq!(sources[2].audio, None);
    }
}
