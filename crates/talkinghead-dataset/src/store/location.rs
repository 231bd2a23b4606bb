//! Where a corpus is read from and where clips are written to: a folder, or a bucket of an object store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bucket::Bucket;
use super::listing::Listing;
use crate::error::DatasetError;

/// A folder or a bucket.
#[derive(Debug, Clone)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// An object store and a prefix in it.
    Bucket(Arc<Bucket>),
}

impl Location {
    /// The location that an address names: a path, or `s3://bucket/prefix` (`file:///path` and `memory:///` go through the
    /// object-store code as well, for tests).
    ///
    /// # Errors
    /// The address is malformed, or names a store this build has no support for.
    pub fn parse(address: &std::ffi::OsStr) -> Result<Self, DatasetError> {
        match address.to_str() {
            Some(text) if text.contains("://") => Bucket::parse(text).map(|bucket| Self::Bucket(Arc::new(bucket))),
            _ => Ok(Self::Folder(PathBuf::from(address))),
        }
    }

    /// A location in a store that the caller has opened.
    ///
    /// # Errors
    /// The prefix is malformed.
    #[cfg(feature = "object-store")]
    pub fn in_store(store: Arc<dyn object_store::ObjectStore>, prefix: &str) -> Result<Self, DatasetError> {
        Bucket::new(store, prefix).map(|bucket| Self::Bucket(Arc::new(bucket)))
    }

    /// Everything in it, sorted by name.
    ///
    /// # Errors
    /// The location itself cannot be read; what cannot be read inside is in [`Listing::problems`].
    pub fn list(&self) -> Result<Listing, DatasetError> {
        match self {
            Self::Folder(folder) => super::listing::list_folder(folder),
            Self::Bucket(bucket) => bucket.list(""),
        }
    }

    /// A file of the location as one of this machine: itself, or a copy in `scratch` (which the caller removes).
    ///
    /// # Errors
    /// A failed download.
    pub fn fetch(&self, path: &Path, scratch: &Path) -> Result<PathBuf, DatasetError> {
        match self {
            Self::Folder(folder) => Ok(folder.join(path)),
            Self::Bucket(bucket) => bucket.download(&path.to_string_lossy(), scratch),
        }
    }

    /// The content of a small file; `None` when it does not exist.
    ///
    /// # Errors
    /// The system or store refused.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DatasetError> {
        match self {
            Self::Folder(folder) => match std::fs::read(folder.join(name)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(DatasetError::file("read", folder.join(name))(error)),
            },
            Self::Bucket(bucket) => bucket.read(name),
        }
    }

    /// Writes a small file, whole or not at all; folders on the way are made.
    ///
    /// # Errors
    /// The system or store refused.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DatasetError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent).map_err(DatasetError::file("write", parent))?;
                }
                Ok(talkinghead_media::write_file(&path, bytes)?)
            }
            Self::Bucket(bucket) => bucket.write(name, bytes),
        }
    }

    /// Whether a file exists.
    ///
    /// # Errors
    /// The system or store refused.
    pub fn exists(&self, name: &str) -> Result<bool, DatasetError> {
        match self {
            Self::Folder(folder) => Ok(folder.join(name).exists()),
            Self::Bucket(bucket) => bucket.exists(name),
        }
    }

    /// Puts a finished folder of this machine where it belongs, replacing what was there. In a folder it appears whole or
    /// not at all; in a bucket its files appear one by one (`clip.json` last).
    ///
    /// # Errors
    /// The system or store refused.
    pub fn publish(&self, finished: &Path, name: &str) -> Result<(), DatasetError> {
        match self {
            Self::Folder(folder) => {
                let target = folder.join(name);
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent).map_err(DatasetError::file("write", parent))?;
                }
                if target.exists() {
                    std::fs::remove_dir_all(&target).map_err(DatasetError::file("replace", &target))?;
                }
                std::fs::rename(finished, &target).map_err(DatasetError::file("write", &target))
            }
            Self::Bucket(bucket) => bucket.upload_folder(finished, name),
        }
    }

    /// Removes a folder and what is in it, if it exists.
    ///
    /// # Errors
    /// The system or store refused.
    pub fn remove(&self, name: &str) -> Result<(), DatasetError> {
        match self {
            Self::Folder(folder) => match std::fs::remove_dir_all(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(DatasetError::file("remove", folder.join(name))(error))
                }
                _ => Ok(()),
            },
            Self::Bucket(bucket) => bucket.remove(name),
        }
    }

    /// Names of all files under a folder of the location, sorted; none when it does not exist.
    ///
    /// # Errors
    /// The system or store refused.
    pub fn files_under(&self, name: &str) -> Result<Vec<String>, DatasetError> {
        let listing = match self {
            Self::Folder(folder) if !folder.join(name).is_dir() => return Ok(Vec::new()),
            Self::Folder(folder) => super::listing::list_folder(&folder.join(name))?,
            Self::Bucket(bucket) => bucket.list(name)?,
        };
        Ok(listing.files.iter().map(|file| format!("{name}/{}", file.path.to_string_lossy())).collect())
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(formatter, "{}", folder.display()),
            Self::Bucket(bucket) => write!(formatter, "{bucket}"),
        }
    }
}
