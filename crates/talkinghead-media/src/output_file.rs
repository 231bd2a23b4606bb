//! Files that appear whole or not at all.

use std::fs::{File, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::MediaError;
use crate::interruption::Registration;

/// A file in the making: written under a hidden name beside its place and renamed at the end, so that whoever
/// looks sees the old file or the finished new one. Dropped before [`OutputFile::commit`], it leaves nothing.
///
/// An existing output is replaced at the very end only, and who may read and write it stays as it was; a new one gets what the
/// process' umask leaves. A symbolic link is followed: its target is replaced.
#[derive(Debug)]
pub struct OutputFile {
    // Dropped in this order: first the file goes, then its registration.
    unfinished: NamedTempFile,
    registration: Registration,
    destination: PathBuf,
    shown: PathBuf,
    /// Those of the file that is replaced; none for a new one.
    permissions: Option<Permissions>,
}

impl OutputFile {
    /// Opens a hidden file beside `path`.
    ///
    /// # Errors
    /// The folder is missing or may not be written to, or `path` is a folder, a device or a file that is protected from writing.
    pub fn create(path: &Path) -> Result<Self, MediaError> {
        let destination = destination(path)?;
        let folder = folder_of(&destination);
        if !folder.exists() {
            return Err(MediaError::OutputFolderMissing { path: folder.to_owned() });
        }
        let permissions = std::fs::metadata(&destination).ok().map(|found| found.permissions());
        let prefix = hidden_name(&destination);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".unfinished");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let unfinished = builder.tempfile_in(folder).map_err(|source| write_error(path, source))?;
        let registration = Registration::unfinished(unfinished.path())?;
        if let Some(permissions) = &permissions {
            // From the start: whoever may not read the old content must not read the new one while it is made.
            set_permissions(unfinished.as_file(), &writable(permissions));
        }
        Ok(Self { unfinished, registration, destination, shown: path.to_owned(), permissions })
    }

    /// Where the content goes for now.
    pub fn unfinished_path(&self) -> &Path {
        self.unfinished.path()
    }

    /// The open file.
    pub fn file(&mut self) -> &mut File {
        self.unfinished.as_file_mut()
    }

    /// Puts the finished file in its place.
    ///
    /// # Errors
    /// The system refused, or everything was stopped meanwhile; then nothing is left.
    pub fn commit(self) -> Result<(), MediaError> {
        let Self { unfinished, registration, destination, shown, permissions } = self;
        if let Some(permissions) = &permissions {
            set_permissions(unfinished.as_file(), permissions);
        }
        registration.finishing(|| unfinished.persist(&destination).map(drop).map_err(|error| write_error(&shown, error.error)))
    }
}

/// The old file's permissions with those that its owner needs for writing.
#[cfg(unix)]
fn writable(permissions: &Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(permissions.mode() | 0o600)
}

#[cfg(not(unix))]
fn writable(permissions: &Permissions) -> Permissions {
    let mut permissions = permissions.clone();
    permissions.set_readonly(false);
    permissions
}

/// Some file systems have no permissions to set (network shares, FAT): no reason to lose a video.
fn set_permissions(file: &File, permissions: &Permissions) {
    if let Err(error) = file.set_permissions(permissions.clone()) {
        tracing::debug!(%error, "permissions of the output stay as the file system gives them");
    }
}

/// Writes `bytes` to `path`, whole or not at all.
///
/// # Errors
/// As [`OutputFile::create`] and [`OutputFile::commit`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), MediaError> {
    let mut output = OutputFile::create(path)?;
    io::Write::write_all(output.file(), bytes).map_err(|source| write_error(path, source))?;
    output.commit()
}

/// Whether `path` could be written now and is none of `inputs`. Nothing is changed; [`crate::OutputClaim::new`] does it before long work.
///
/// # Errors
/// Those of [`OutputFile::create`], and [`MediaError::OutputIsInput`] when the output is the same file as an
/// input, by whatever name, or lies as a frame in an input folder.
pub fn check_output<'a>(path: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), MediaError> {
    for input in inputs {
        let in_input_folder = input.is_dir() && path.exists() && same_file(folder_of(path), input);
        if in_input_folder || same_file(path, input) {
            return Err(MediaError::OutputIsInput { path: path.to_owned() });
        }
    }
    OutputFile::create(path).map(drop)
}

/// The file that a write to `path` would replace.
pub(crate) fn destination(path: &Path) -> Result<PathBuf, MediaError> {
    if path.file_name().is_none() {
        return Err(MediaError::OutputNotAFile { path: path.to_owned() });
    }
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(MediaError::OutputNotAFile { path: path.to_owned() }),
        // A rename would replace it all the same; whoever protected it did not mean that.
        Ok(found) if found.permissions().readonly() => Err(MediaError::OutputProtected { path: path.to_owned() }),
        Ok(_) => std::fs::canonicalize(path).map_err(|source| write_error(path, source)),
        Err(_) => Ok(path.to_owned()),
    }
}

/// Start of the names of the hidden files that belong to an output: short enough for every file system.
pub(crate) fn hidden_name(destination: &Path) -> String {
    let name = destination.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!(".{}.", name.chars().take(40).collect::<String>())
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(one), Ok(other)) => one.dev() == other.dev() && one.ino() == other.ino(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(one: &Path, other: &Path) -> bool {
    matches!((std::fs::canonicalize(one), std::fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// The system's error as ours.
pub(crate) fn write_error(path: &Path, source: io::Error) -> MediaError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            MediaError::DiskFull { path: path.to_owned() }
        }
        _ => MediaError::Unwritable { path: path.to_owned(), source },
    }
}
