//! Names of clips without conflicts: each is a folder of its own, and none lies in another's.

use std::collections::{HashMap, HashSet};

use super::source::Source;

/// A clip is called like its video without the extension, except where that would be another clip's folder: beside a video
/// of the same stem (`a.mp4`, `a.mov`), beside a folder of that name (`a.mp4`, `a/b.mp4`), or named like a segment of another
/// (`a-001.mp4` beside `a.mp4`). Those keep their extension.
pub(super) fn name_clips(sources: &mut [Source]) {
    // Keeping an extension may conflict with yet another; every round settles at least one source for good.
    loop {
        let conflicting = conflicting(sources);
        let mut changed = false;
        for source in sources.iter_mut().filter(|source| conflicting.contains(&source.name)) {
            changed |= source.clip != source.name;
            source.clip.clone_from(&source.name);
        }
        if !changed {
            return;
        }
    }
}

/// Names of the sources whose clips conflict with another's.
fn conflicting(sources: &[Source]) -> HashSet<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    let mut folders: HashSet<&str> = HashSet::new();
    let mut unsegmented_folders: HashSet<&str> = HashSet::new();
    for source in sources {
        *count.entry(&source.clip).or_default() += 1;
        for (at, _) in source.clip.match_indices('/') {
            let folder = &source.clip[..at];
            folders.insert(folder);
            unsegmented_folders.extend(unsegmented(folder));
        }
    }
    let conflicts = |clip: &str| {
        let like_a_segment = unsegmented(clip).is_some_and(|whole| count.contains_key(whole));
        count[clip] > 1 || like_a_segment || folders.contains(clip) || unsegmented_folders.contains(clip)
    };
    sources.iter().filter(|source| conflicts(&source.clip)).map(|source| source.name.clone()).collect()
}

/// What a name like `a-001` would be a segment of.
fn unsegmented(name: &str) -> Option<&str> {
    let (whole, number) = name.rsplit_once('-')?;
    (number.len() >= 3 && number.bytes().all(|b| b.is_ascii_digit())).then_some(whole)
}

/// The name of a segment of a source that gave several.
pub(crate) fn segment_name(clip: &str, number: usize) -> String {
    format!("{clip}-{number:03}")
}

#[cfg(test)]
mod tests {
    use crate::corpus::corpora::{Corpus, listing_of};

    fn clips(names: &[&str]) -> Vec<String> {
        Corpus::Videos.sources(&listing_of(names), &|_| None).0.into_iter().map(|source| source.clip).collect()
    }

    #[test]
    fn no_clip_lies_in_anothers_folder() {
        assert_eq!(clips(&["a.mov", "a.mp4", "b.mp4"]), ["a.mov", "a.mp4", "b"]);
        assert_eq!(clips(&["talk.mp4", "talk/1.mp4"]), ["talk.mp4", "talk/1"]);
        assert_eq!(clips(&["a-001.mp4", "a.mp4"]), ["a-001.mp4", "a"]);
        assert_eq!(clips(&["a-001/x.mp4", "a.mp4"]), ["a-001/x", "a.mp4"]);
        assert_eq!(clips(&["a.mov", "a.mp4", "a.mp4.mkv"]), ["a.mov", "a.mp4", "a.mp4.mkv"]);
    }
}
