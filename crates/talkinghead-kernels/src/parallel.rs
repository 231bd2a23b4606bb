//! How work is shared among threads: rayon's pool, so that several streams side by side never start more threads than there are.

use rayon::prelude::*;

/// Operations below which starting other threads costs more than it gains.
const WORTH_SHARING: usize = 200_000;

/// Threads to use for that many floating-point operations.
pub(crate) fn threads(operations: usize) -> usize {
    if operations < WORTH_SHARING { 1 } else { rayon::current_num_threads() }
}

/// Calls `work` with 0..count, on all threads of the pool unless one is enough.
pub(crate) fn each(threads: usize, count: usize, work: impl Fn(usize) + Sync + Send) {
    if threads <= 1 || count <= 1 {
        (0..count).for_each(work);
    } else {
        (0..count).into_par_iter().for_each(work);
    }
}
