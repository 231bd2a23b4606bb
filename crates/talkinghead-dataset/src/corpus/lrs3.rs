//! LRS3-TED (Afouras, Chung, Zisserman, 2018): face tracks from talks, cut by sentence.
//!
//! `pretrain|trainval|test/0Fi83BHQsMA/00002.mp4` with its sound inside and the words in `00002.txt`. A folder is one talk,
//! hence one speaker as far as the corpus says.

use std::collections::BTreeSet;

use super::sidecars::{is_video, parts};
use super::source::{OfficialSplit, Source};
use crate::store::FileEntry;

/// The sources; files whose place or name the layout does not know go to `unplaced`.
pub(super) fn sources<'a>(files: &'a [FileEntry], unplaced: &mut Vec<&'a FileEntry>) -> Vec<Source> {
    let texts: BTreeSet<&std::path::Path> =
        files.iter().filter(|file| file.extension() == "txt").map(|file| file.path.as_path()).collect();
    let mut sources = Vec::new();
    for file in files.iter().filter(|file| is_video(file)) {
        let folders = parts(&file.path);
        let part = folders.iter().rev().find_map(|part| match *part {
            "pretrain" => Some(OfficialSplit::Pretrain),
            "trainval" => Some(OfficialSplit::Trainval),
            "test" => Some(OfficialSplit::Test),
            _ => None,
        });
        match (part, folders.last()) {
            (Some(part), Some(talk)) if !talk.is_empty() && !matches!(*talk, "pretrain" | "trainval" | "test") => {
                let text = file.path.with_extension("txt");
                let transcript =
                    texts.contains(text.as_path()).then(|| files.iter().find(|file| file.path == text).cloned()).flatten();
                sources.push(Source {
                    transcript,
                    identity: Some((*talk).to_owned()),
                    recording: Some((*talk).to_owned()),
                    official_split: Some(part),
                    ..Source::new(file)
                });
            }
            _ => unplaced.push(file),
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::corpus::corpora::{Corpus, listing_of};
    use crate::corpus::source::OfficialSplit;

    #[test]
    fn the_three_parts_are_told_apart() {
        let listing = listing_of(&[
            "lrs3/pretrain/0Fi83BHQsMA/00002.mp4",
            "lrs3/pretrain/0Fi83BHQsMA/00002.txt",
            "lrs3/test/0akiEFwtkyA/00002.mp4",
            "lrs3/trainval/0af00UcTOSc/50001.mp4",
            "lrs3/x.mp4",
        ]);
        let (sources, problems) = Corpus::Lrs3.sources(&listing, &|_| None);
        let splits: Vec<OfficialSplit> = sources.iter().map(|source| source.official_split.unwrap()).collect();
        assert_eq!(splits, [OfficialSplit::Pretrain, OfficialSplit::Test, OfficialSplit::Trainval]);
        assert_eq!(sources[0].identity.as_deref(), Some("0Fi83BHQsMA"));
        assert_eq!(sources[0].transcript.as_ref().unwrap().name(), "lrs3/pretrain/0Fi83BHQsMA/00002.txt");
        assert_eq!(sources[1].transcript, None);
        assert_eq!(problems.len(), 1);
    }
}
