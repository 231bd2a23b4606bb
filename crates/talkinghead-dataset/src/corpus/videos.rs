//! Any folder of videos. The folder a video lies in says nothing sure about who speaks: identities come from
//! comparing faces once all clips are there (in the merge).

use super::sidecars::{AUDIO, is_video};
use super::source::Source;
use crate::store::FileEntry;

/// Extensions that never hide a video; looking into every file of a large folder takes time.
const NEVER: [&str; 18] = [
    "txt", "json", "jsonl", "csv", "md", "png", "jpg", "jpeg", "webp", "gif", "npy", "pkl", "align", "srt", "vtt", "html", "xml",
    "zip",
];

pub(super) fn sources(files: &[FileEntry], peek: &dyn Fn(&FileEntry) -> Option<Vec<u8>>) -> Vec<Source> {
    let looks_like_video = |file: &FileEntry| {
        let extension = file.extension();
        is_video(file)
            || (!NEVER.contains(&extension.as_str())
                && !AUDIO.contains(&extension.as_str())
                && peek(file).is_some_and(|start| is_video_start(&start)))
    };
    files.iter().filter(|file| looks_like_video(file)).map(Source::new).collect()
}

/// Whether a file's first bytes are those of a video container.
fn is_video_start(start: &[u8]) -> bool {
    let at = |from: usize, wanted: &[u8]| start.get(from..from + wanted.len()) == Some(wanted);
    (at(4, b"ftyp") && !at(8, b"M4A") && !at(8, b"avif") && !at(8, b"heic") && !at(8, b"mif1"))
        || at(0, b"\x1a\x45\xdf\xa3")
        || (at(0, b"RIFF") && at(8, b"AVI "))
        || at(0, b"FLV\x01")
        || at(0, b"\x00\x00\x01\xba")
        || at(0, b"\x00\x00\x01\xb3")
}

#[cfg(test)]
mod tests {
    use crate::corpus::corpora::{Corpus, listing_of};

    #[test]
    fn a_video_behind_another_extension_is_found_and_texts_are_not_opened() {
        let listing = listing_of(&["a.MP4", "a.mov", "b/readme.txt", "clip.bin", "notes.dat"]);
        let (sources, _) = Corpus::Videos.sources(&listing, &|file| {
            assert!(!file.name().ends_with("txt"));
            Some(if file.name() == "clip.bin" { b"\0\0\0\x20ftypisom".to_vec() } else { b"hello".to_vec() })
        });
        let clips: Vec<&str> = sources.iter().map(|source| source.clip.as_str()).collect();
        assert_eq!(clips, ["a.MP4", "a.mov", "clip"]);
    }
}
