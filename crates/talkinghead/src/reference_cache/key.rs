//! What an entry is found by: everything that what is kept depends on.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};
use talkinghead_media::list_frames;
use talkinghead_simd::InstructionSet;

use crate::PersonOptions;
use crate::reference_loader::WholeShots;

/// A digest, shown as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The key of references looked at with these choices, by this program and the ffmpeg that is found.
    ///
    /// # Errors
    /// A reference cannot be read.
    pub(super) fn of(references: &[PathBuf], options: &PersonOptions, shots: WholeShots) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut add = |part: &str| {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(env!("CARGO_PKG_VERSION"));
        // Two builds of one version may look at faces differently: so the program's file counts.
        add(&stamp(std::env::current_exe().and_then(std::fs::metadata)));
        // So may two versions of ffmpeg decode differently.
        add(&stamp(ffmpeg().ok_or(io::ErrorKind::NotFound.into()).and_then(std::fs::metadata)));
        add(InstructionSet::chosen_or_fastest().name());
        let PersonOptions { shots: count, face, renderer: _, size, identities, limits, cache: _ } = options;
        add(&format!("{count:?} {face:?} {size:?} {identities:?} {limits:?} {shots:?}"));
        for reference in references {
            if reference.is_dir() {
                let frames = list_frames(reference).map_err(io::Error::other)?;
                add(&format!("folder of {}", frames.len()));
                for frame in frames {
                    add(&content(&frame)?);
                }
            } else {
                add(&content(reference)?);
            }
        }
        Ok(Self(hexadecimal(&hasher.finalize())))
    }

    #[cfg(test)]
    pub(super) fn for_test(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Digest of a file.
fn content(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hexadecimal(&hasher.finalize()))
}

/// Digits of a digest.
pub(super) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length and age of a file, by which builds are told apart.
fn stamp(about: io::Result<Metadata>) -> String {
    let changed = |about: &Metadata| about.modified().ok()?.duration_since(UNIX_EPOCH).ok();
    about.map_or_else(|_| "unknown".to_owned(), |about| format!("{} {:?}", about.len(), changed(&about)))
}

/// The ffmpeg that would be started.
fn ffmpeg() -> Option<PathBuf> {
    let name = format!("ffmpeg{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::FaceChoice;

    #[test]
    fn content_and_choices_count_and_names_do_not() {
        let place = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = place.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let (one, same, other) = (file("one", "a"), file("same", "a"), file("other", "b"));
        let usual = PersonOptions::default();
        let key = |paths: &[&PathBuf], options: &PersonOptions| {
            let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).clone()).collect();
            Key::of(&paths, options, WholeShots::Left).unwrap()
        };
        assert_eq!(key(&[&one], &usual), key(&[&same], &usual));
        assert_ne!(key(&[&one], &usual), key(&[&other], &usual));
        assert_ne!(key(&[&one, &other], &usual), key(&[&other, &one], &usual));
        assert_ne!(key(&[&one], &usual), key(&[&one], &PersonOptions { face: FaceChoice::Index(1), ..usual.clone() }));
        assert!(Key::of(&[place.path().join("none")], &usual, WholeShots::Left).is_err());
    }
}
