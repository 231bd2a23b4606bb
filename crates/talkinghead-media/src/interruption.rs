//! Everything this crate has under way, so that an interrupted program leaves nothing behind: the ffmpeg
//! children it started and the unfinished files it is writing. The one global of the crate, because Ctrl-C is
//! global too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::MediaError;

static UNDER_WAY: Mutex<UnderWay> =
    Mutex::new(UnderWay { stopped: false, next: 0, children: BTreeMap::new(), unfinished: BTreeMap::new() });

struct UnderWay {
    stopped: bool,
    next: u64,
    children: BTreeMap<u64, Arc<Mutex<Child>>>,
    unfinished: BTreeMap<u64, PathBuf>,
}

/// Kills every child process of this crate, removes every unfinished output, and makes all further reading
/// and writing fail with [`MediaError::Interrupted`]. To be called from the Ctrl-C handler, right before the
/// program exits; it cannot be undone.
pub fn stop_everything() {
    let mut under_way = locked(&UNDER_WAY);
    under_way.stopped = true;
    for child in std::mem::take(&mut under_way.children).into_values() {
        let mut child = locked(&child);
        // Both fail only for a child that has ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
    for path in std::mem::take(&mut under_way.unfinished).into_values() {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether [`stop_everything`] was called.
pub fn is_stopped() -> bool {
    locked(&UNDER_WAY).stopped
}

/// Keeps a child or an unfinished file in the register; dropping it takes the entry out.
#[derive(Debug)]
pub(crate) struct Registration(u64);

impl Registration {
    /// Starts a child while the register is held, so that none can slip past [`stop_everything`].
    pub(crate) fn child<E: From<MediaError>>(start: impl FnOnce() -> Result<Child, E>) -> Result<(Self, Arc<Mutex<Child>>), E> {
        let mut under_way = locked(&UNDER_WAY);
        if under_way.stopped {
            return Err(MediaError::Interrupted.into());
        }
        let child = Arc::new(Mutex::new(start()?));
        let key = under_way.new_key();
        under_way.children.insert(key, Arc::clone(&child));
        Ok((Self(key), child))
    }

    /// Notes an unfinished file.
    pub(crate) fn unfinished(path: &Path) -> Result<Self, MediaError> {
        let mut under_way = locked(&UNDER_WAY);
        if under_way.stopped {
            return Err(MediaError::Interrupted);
        }
        let key = under_way.new_key();
        under_way.unfinished.insert(key, path.to_owned());
        Ok(Self(key))
    }

    /// Does `finish` (a rename) unless everything was stopped meanwhile.
    pub(crate) fn finishing<T>(self, finish: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
        let mut under_way = locked(&UNDER_WAY);
        if under_way.stopped {
            drop(under_way);
            return Err(MediaError::Interrupted);
        }
        under_way.unfinished.remove(&self.0);
        let done = finish();
        drop(under_way);
        done
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut under_way = locked(&UNDER_WAY);
        under_way.children.remove(&self.0);
        under_way.unfinished.remove(&self.0);
    }
}

impl UnderWay {
    fn new_key(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// A poisoned lock only means that another thread panicked; the register is still right.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
