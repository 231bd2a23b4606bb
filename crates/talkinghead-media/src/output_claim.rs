//! One run at a time for one output.

use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::MediaError;
use crate::interruption::Registration;
use crate::output_file::{check_output, destination, folder_of, hidden_name, write_error};

/// How often a lock file that vanished under our hands is opened again before the claim is given up.
const MOST_TRIES: usize = 100;

/// An output that nobody else writes as long as this value lives: a second run with the same output is refused at its start,
/// instead of the last one to finish winning.
///
/// The claim is a lock of the operating system on a hidden empty file beside the output. The system lets go of it when the
/// process ends, however it ends, so that a file that was left behind hinders nobody; one that ends in order takes it away.
#[derive(Debug)]
pub struct OutputClaim {
    // Dropped in this order: the name goes while the lock is still held, then the lock.
    _name: Option<LockName>,
    _lock: Option<File>,
}

#[derive(Debug)]
struct LockName {
    path: PathBuf,
    _registration: Registration,
}

impl Drop for LockName {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl OutputClaim {
    /// Checks that `path` could be written now and is none of `inputs`, and claims it. To be done before long work, and to be kept
    /// until the output is in its place.
    ///
    /// # Errors
    /// Those of [`check_output`], and [`MediaError::OutputInUse`] when another run is writing it.
    pub fn new<'a>(path: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Self, MediaError> {
        check_output(path, inputs)?;
        let destination = destination(path)?;
        let lock_path = lock_path(&destination);
        for _ in 0..MOST_TRIES {
            let file = open(&lock_path).map_err(|source| write_error(path, source))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(MediaError::OutputInUse { path: path.to_owned() }),
                // A file system without locks (some network shares): as if nobody else were there.
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, "this file system cannot lock files");
                    let _ = std::fs::remove_file(&lock_path);
                    return Ok(Self { _name: None, _lock: None });
                }
            }
            // Whoever held it may have removed the name between our opening and locking: then this is a lock on nothing.
            if is_still(&file, &lock_path) {
                let registration =
                    Registration::unfinished(&lock_path).inspect_err(|_| drop(std::fs::remove_file(&lock_path)))?;
                let name = LockName { path: lock_path, _registration: registration };
                return Ok(Self { _name: Some(name), _lock: Some(file) });
            }
        }
        Err(MediaError::OutputInUse { path: path.to_owned() })
    }
}

/// The lock's name: a run with the same output finds the same, whatever folder it is started in.
fn lock_path(destination: &Path) -> PathBuf {
    let mut hash = DefaultHasher::new();
    destination.file_name().hash(&mut hash);
    folder_of(destination).join(format!("{}{:016x}.lock", hidden_name(destination), hash.finish()))
}

/// For writing, which locks need on some systems; for reading where it is a file that another user left.
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).or_else(|error| File::open(path).map_err(|_| error))
}

#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(one), Ok(other)) => one.dev() == other.dev() && one.ino() == other.ino(),
        _ => false,
    }
}

/// Elsewhere a file that is open cannot be removed and made anew.
#[cfg(not(unix))]
fn is_still(_file: &File, path: &Path) -> bool {
    path.exists()
}
