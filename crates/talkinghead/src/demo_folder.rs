//! A folder of the published demo: which of its files is what (SPEC-data 2).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{GenerationError, ReenactmentInputs};

/// A file of the set: the endings of its name (VoxCeleb2's, then the other corpora's), and what it is for.
struct DemoFile {
    endings: &'static [&'static str],
    purpose: &'static str,
}

const VIDEO: DemoFile =
    DemoFile { endings: &["_aligned.mp4", "_crop.mp4"], purpose: "the cropped video, which gives the reference pictures" };
const LANDMARKS: DemoFile = DemoFile {
    endings: &["_aligned.npy", "__original.npy", "_original.npy"],
    purpose: "the landmarks of every frame, from which label images are drawn",
};
const ROTATIONS: DemoFile = DemoFile {
    endings: &["_aligned_rt.npy", "__rt.npy", "_rt.npy"],
    purpose: "the head's rotation and translation in every frame, which choose the reference that is warped",
};
const FRONT: DemoFile = DemoFile {
    endings: &["_aligned_front.npy", "__front.npy", "_front.npy"],
    purpose: "the landmarks without pose, from which the projection's label images are drawn",
};
const PROJECTION: DemoFile = DemoFile {
    endings: &["_aligned_ani.mp4", "_ani.mp4"],
    purpose: "the projected head of every frame, which the network warps",
};
const SOUND: DemoFile = DemoFile { endings: &[".wav", ".m4a"], purpose: "the sound" };

impl ReenactmentInputs {
    /// The file set of a clip in a folder of the published demo or of `talkinghead preprocess`. `clip`: its number or name, where there are
    /// several. Sound and projection may be missing; what needs them says so.
    ///
    /// # Errors
    /// A file is missing: which, and what it is for; several clips and none named.
    pub fn from_demo(folder: &Path, clip: Option<&str>) -> Result<Self, GenerationError> {
        let names = names(folder)?;
        let stem = stem(folder, &names, clip)?;
        let find = |file: &DemoFile| -> Option<PathBuf> {
            let name = file.endings.iter().map(|ending| format!("{stem}{ending}")).find(|name| names.contains(name))?;
            Some(folder.join(name))
        };
        let need = |file: &DemoFile| {
            find(file).ok_or_else(|| {
                GenerationError::option(
                    format!("{} lacks {stem}{}: {}", folder.display(), file.endings[0], file.purpose),
                    "the folder must hold the published file set; `talkinghead preprocess` makes one of a video",
                )
            })
        };
        Ok(Self {
            reference: need(&VIDEO)?,
            landmarks: need(&LANDMARKS)?,
            rotations: need(&ROTATIONS)?,
            front: need(&FRONT)?,
            reference_landmarks: need(&LANDMARKS)?,
            projection: find(&PROJECTION),
            audio: find(&SOUND),
        })
    }
}

fn names(folder: &Path) -> Result<BTreeSet<String>, GenerationError> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        GenerationError::option(
            format!("cannot read the demo folder {}: {error}", folder.display()),
            "give --demo the folder that holds a clip's files, such as 00181_aligned.mp4",
        )
    })?;
    Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// The clip's name: what comes before the endings.
fn stem(folder: &Path, names: &BTreeSet<String>, clip: Option<&str>) -> Result<String, GenerationError> {
    let stems: BTreeSet<&str> =
        names.iter().filter_map(|name| VIDEO.endings.iter().find_map(|ending| name.strip_suffix(ending))).collect();
    let list = stems.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let fail = |message: String, hint: String| Err(GenerationError::option(message, hint));
    match (clip, stems.len()) {
        // Whatever else it lacks is named by its purpose.
        (Some(clip), _) if stems.contains(clip) || stems.is_empty() => Ok(clip.to_owned()),
        (Some(clip), _) => {
            fail(format!("{} holds no clip {clip}", folder.display()), format!("it holds {list}: name one with --clip"))
        }
        (None, 1) => Ok(list),
        (None, 0) => fail(
            format!("{} holds no clip: no file ends in {} ({})", folder.display(), VIDEO.endings.join(" or "), VIDEO.purpose),
            "give --demo the folder that holds a clip's files, such as 00181_aligned.mp4".to_owned(),
        ),
        (None, count) => fail(format!("{} holds {count} clips", folder.display()), format!("name one with --clip: {list}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_found_by_their_names_and_missing_ones_named_with_their_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| std::fs::write(folder.path().join(name), b"").unwrap();
        let find = |clip: Option<&str>| ReenactmentInputs::from_demo(folder.path(), clip);
        let message = |clip: Option<&str>| find(clip).unwrap_err().to_string();
        assert!(message(None).contains("no clip"));
        for (name, missing, purpose) in [
            ("7_aligned.mp4", "7_aligned.npy", "label images"),
            ("7_aligned.npy", "7_aligned_rt.npy", "rotation"),
            ("7_aligned_rt.npy", "7_aligned_front.npy", "without pose"),
        ] {
            put(name);
            let said = message(None);
            assert!(said.contains(missing) && said.contains(purpose), "{said}");
        }
        put("7_aligned_front.npy");
        let bare = find(None).unwrap();
        assert!(bare.audio.is_none() && bare.projection.is_none());
        put("7_ani.mp4");
        put("7.wav");
        let found = find(Some("7")).unwrap();
        assert_eq!(found.projection, Some(folder.path().join("7_ani.mp4")));
        assert_eq!(found.audio, Some(folder.path().join("7.wav")));
        put("8_crop.mp4");
        assert!(message(None).contains("2 clips") && message(Some("9")).contains("no clip 9"));
        assert!(message(Some("8")).contains("8_aligned.npy"));
    }
}
