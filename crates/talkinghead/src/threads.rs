//! How many threads the libraries underneath use.

use std::num::NonZeroUsize;

/// Uses this many threads for everything that runs in parallel; to be called once, before anything else. Without it every
/// core is used.
pub fn use_threads(threads: NonZeroUsize) {
    // Fails only when the pool is already in use; then it stays as it is.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
}
