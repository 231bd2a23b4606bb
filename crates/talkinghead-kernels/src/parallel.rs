//! How work is shared among threads: rayon's pool, so that several streams side by side never start more threads than there are.

use std::mem::MaybeUninit;

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

/// So many zeros. Memory that was used before has to be cleared, which all threads of the pool share: results of a training step are
/// hundreds of megabytes, and the thread that asks for them would keep the others waiting.
pub(crate) fn zeros(length: usize) -> Vec<f32> {
    /// Numbers that a task clears.
    const PART: usize = 1 << 16;
    if length < 2 * PART || rayon::current_num_threads() <= 1 {
        return vec![0.0; length];
    }
    let mut numbers = Vec::with_capacity(length);
    numbers.spare_capacity_mut()[..length].par_chunks_mut(PART).for_each(|part| part.fill(MaybeUninit::new(0.0)));
    // SAFETY: the capacity is at least `length`, and the parts cover as many numbers, each of which was written.
    unsafe { numbers.set_len(length) };
    numbers
}

#[cfg(test)]
mod tests {
    use super::zeros;

    #[test]
    fn zeros_are_zeros_where_memory_was_used_before() {
        for length in [0, 1, (1 << 17) - 1, 1 << 17, (1 << 18) + 7] {
            drop(vec![f32::NAN; length]);
            let found = zeros(length);
            assert_eq!(found.len(), length);
            assert!(found.iter().all(|number| number.to_bits() == 0));
        }
    }
}
