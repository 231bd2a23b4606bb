//! What was found out about references, kept beside the system's other caches, so that the next video of the same person starts
//! at once: no frame is decoded, no face is looked for. An entry is found by the content of the references, the choices that it
//! depends on, and the program that made it; what is not there, cannot be read or does not fit is made anew, silently.

mod folder;
mod key;
mod subject_file;

use std::path::{Path, PathBuf};

pub use self::folder::CACHE_VARIABLE;
use self::folder::CacheFolder;
use self::key::Key;
pub use self::subject_file::is_subject_file;
use crate::reference_loader::{Subject, WholeShots};
use crate::{PersonOptions, ReferenceCache};

/// A person as the references show them, and what was said about them.
#[derive(Debug)]
pub(crate) struct FoundPerson {
    pub subject: Subject,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
}

/// The place of one person in the cache.
#[derive(Clone, Debug)]
pub(crate) struct CachePlace {
    folder: CacheFolder,
    key: Key,
}

impl CachePlace {
    /// Where these references are kept, if they are to be kept and can be read.
    pub(crate) fn of(references: &[PathBuf], options: &PersonOptions, shots: WholeShots) -> Option<Self> {
        let folder = CacheFolder::open(&options.cache)?;
        let key =
            Key::of(references, options, shots).inspect_err(|error| tracing::debug!(%error, "no key for the cache")).ok()?;
        Some(Self { folder, key })
    }

    /// What was kept.
    pub(crate) fn read(&self, references: &[PathBuf]) -> Option<FoundPerson> {
        let bytes = self.folder.read(&self.key)?;
        let found = subject_file::read(&bytes, references);
        tracing::debug!(key = %self.key, bytes = bytes.len(), usable = found.is_some(), "cache entry");
        found
    }

    /// Keeps it; failing that, says so to nobody but the log.
    pub(crate) fn write(&self, person: &FoundPerson, references: &[PathBuf]) {
        let kept = subject_file::bytes(person, references).and_then(|bytes| self.folder.write(&self.key, &bytes));
        tracing::debug!(key = %self.key, kept = kept.is_some(), "cache entry written");
    }
}

/// A text that names references, with their places in the list instead of their names: they may have another name next time.
fn without_names(text: &str, references: &[PathBuf]) -> String {
    longest_first(references).into_iter().fold(text.to_owned(), |text, (index, name)| text.replace(&name, &mark(index)))
}

/// The opposite.
fn with_names(text: &str, references: &[PathBuf]) -> String {
    longest_first(references).into_iter().rev().fold(text.to_owned(), |text, (index, name)| text.replace(&mark(index), &name))
}

fn mark(index: usize) -> String {
    format!("\u{1}{index}\u{1}")
}

/// So that no name is mistaken for a part of another.
fn longest_first(references: &[PathBuf]) -> Vec<(usize, String)> {
    let name = |path: &PathBuf| Path::new(path).display().to_string();
    let mut names: Vec<(usize, String)> = references.iter().map(name).enumerate().collect();
    names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    names
}

impl ReferenceCache {
    /// As the environment says (`TALKINGHEAD_CACHE`: a folder, or `off`); the user's cache folder when it says nothing.
    pub fn from_environment() -> Self {
        folder::by_setting(std::env::var_os(CACHE_VARIABLE).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_texts_and_put_back() {
        let before = ["a.png", "/x/a.png"].map(PathBuf::from);
        let after = ["b.png", "/y/c.png"].map(PathBuf::from);
        let text = "/x/a.png is left out: it shows another person than a.png";
        let kept = without_names(text, &before);
        assert!(!kept.contains("png"), "{kept}");
        assert_eq!(with_names(&kept, &after), "/y/c.png is left out: it shows another person than b.png");
    }
}
