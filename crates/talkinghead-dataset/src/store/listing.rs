//! What is in a corpus, however badly kept: unreadable folders, links in circles and odd names are noted, never fatal.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::path_name::encode_path;
use crate::error::DatasetError;
use crate::rejection::{Reason, Rejection};

/// A file of a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Relative to the corpus.
    pub path: PathBuf,
    /// Bytes.
    pub bytes: u64,
    /// Changes when the file does: size and time of change, or the store's tag.
    pub stamp: String,
}

impl FileEntry {
    /// The path as printable text.
    pub fn name(&self) -> String {
        encode_path(&self.path)
    }

    /// The extension in lower case.
    pub fn extension(&self) -> String {
        self.path.extension().and_then(OsStr::to_str).map(str::to_lowercase).unwrap_or_default()
    }
}

/// The files of a corpus, and what could not be listed.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Sorted by path.
    pub files: Vec<FileEntry>,
    /// Folders and links that were passed over.
    pub problems: Vec<Rejection>,
}

/// Deepest nesting of folders; deeper is taken for a mistake.
const MAX_DEPTH: usize = 64;

/// Lists a folder. Links are followed; hidden files and folders are not looked at.
pub(crate) fn list_folder(folder: &Path) -> Result<Listing, DatasetError> {
    let found = std::fs::metadata(folder).map_err(DatasetError::file("list", folder))?;
    if !found.is_dir() {
        return Err(DatasetError::file("list", folder)(std::io::Error::from(std::io::ErrorKind::NotADirectory)));
    }
    std::fs::read_dir(folder).map_err(DatasetError::file("list", folder))?;
    let mut lister = FolderLister { root: folder.to_owned(), listing: Listing::default(), above: Vec::new() };
    lister.enter(Path::new(""), &found);
    lister.listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    lister.listing.problems.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(lister.listing)
}

struct FolderLister {
    root: PathBuf,
    listing: Listing,
    /// Identities of the folders above the present one.
    above: Vec<Option<(u64, u64)>>,
}

impl FolderLister {
    fn note(&mut self, path: &Path, reason: Reason, detail: String) {
        self.listing.problems.push(Rejection::of_source(encode_path(path), reason, detail));
    }

    fn enter(&mut self, folder: &Path, metadata: &Metadata) {
        let identity = identity(metadata);
        if self.above.len() >= MAX_DEPTH || (identity.is_some() && self.above.contains(&identity)) {
            return self.note(folder, Reason::SymlinkLoop, "it leads back to a folder above it".to_owned());
        }
        let entries = match std::fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => return self.note(folder, Reason::UnreadableFolder, plain(&error)),
        };
        self.above.push(identity);
        for entry in entries {
            match entry {
                Ok(entry) if !entry.file_name().as_encoded_bytes().starts_with(b".") => {
                    self.visit(&folder.join(entry.file_name()))
                }
                Ok(_) => {}
                Err(error) => self.note(folder, Reason::UnreadableFolder, plain(&error)),
            }
        }
        self.above.pop();
    }

    fn visit(&mut self, path: &Path) {
        match std::fs::metadata(self.root.join(path)) {
            Ok(found) if found.is_dir() => self.enter(path, &found),
            Ok(found) if found.is_file() => {
                let changed = found.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
                let stamp = format!("{}-{}", found.len(), changed.map_or(0, |time| time.as_nanos()));
                self.listing.files.push(FileEntry { path: path.to_owned(), bytes: found.len(), stamp });
            }
            // Pipes, sockets and devices are no part of a corpus.
            Ok(_) => {}
            Err(error) if is_loop(&error) => self.note(path, Reason::SymlinkLoop, "the link leads to itself".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.note(path, Reason::BrokenLink, "the link leads nowhere".to_owned());
            }
            Err(error) => self.note(path, Reason::UnreadableFile, plain(&error)),
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

fn is_loop(error: &std::io::Error) -> bool {
    // ELOOP has no stable `ErrorKind`.
    cfg!(unix) && matches!(error.raw_os_error(), Some(40 | 62))
}

fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_badly_kept_folder_is_listed_all_the_same() {
        let corpus = tempfile::tempdir().unwrap();
        let at = |name: &str| corpus.path().join(name);
        std::fs::create_dir_all(at("a/b")).unwrap();
        std::fs::write(at("a/b/with space.mp4"), b"x").unwrap();
        std::fs::write(corpus.path().join(OsStr::from_bytes(b"caf\xe9.mp4")), b"").unwrap();
        std::fs::write(at(".hidden"), b"x").unwrap();
        symlink(at("a"), at("a/b/up")).unwrap();
        symlink(at("nowhere"), at("broken.mp4")).unwrap();
        symlink(at("self"), at("self")).unwrap();
        let listing = list_folder(corpus.path()).unwrap();
        let names: Vec<String> = listing.files.iter().map(FileEntry::name).collect();
        assert_eq!(names, ["a/b/with space.mp4", "caf%E9.mp4"]);
        let problems: Vec<(&str, Reason)> = listing.problems.iter().map(|p| (p.source.as_str(), p.reason)).collect();
        assert_eq!(
            problems,
            [("a/b/up", Reason::SymlinkLoop), ("broken.mp4", Reason::BrokenLink), ("self", Reason::SymlinkLoop)]
        );
    }

    #[test]
    fn a_missing_corpus_is_an_error() {
        assert!(list_folder(Path::new("/no/such/folder")).is_err());
    }
}
