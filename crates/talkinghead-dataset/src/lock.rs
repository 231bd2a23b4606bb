//! Locking that outlives a panic: a segment that panicked is one rejection, not the end of the run.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value behind a mutex, also after another thread panicked while it held it: what is guarded here are sums and options,
/// whole after every statement.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
