//! Work in parallel, results in order, and never more than a few of them at once.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

struct State<T> {
    /// The next item to begin.
    next: usize,
    /// Items handed to the consumer.
    consumed: usize,
    /// Finished and waiting for their turn.
    finished: BTreeMap<usize, T>,
    /// No more items are begun.
    stopped: bool,
}

/// Makes items `0..count` on `threads` threads and gives them to `consume` in order, on the calling thread. At most four
/// items a thread are under way or waiting, so memory does not grow with `count`.
///
/// # Errors
/// The first error in order of the items, from either side; then no further item is begun.
pub(crate) fn in_order<T: Send, E: Send>(
    count: usize,
    threads: NonZeroUsize,
    produce: impl Fn(usize) -> Result<T, E> + Sync,
    mut consume: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let window = 4 * threads.get();
    let state = Mutex::new(State { next: 0, consumed: 0, finished: BTreeMap::new(), stopped: false });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        // Stops the threads however this scope is left.
        let _stop = Stop { state: &state, changed: &changed };
        for _ in 0..threads.get().min(count) {
            scope.spawn(|| {
                // A thread that panics must not leave the consumer waiting.
                let _stop = Stop { state: &state, changed: &changed };
                while let Some(index) = begin(&state, &changed, count, window) {
                    let item = produce(index);
                    locked(&state).finished.insert(index, item);
                    changed.notify_all();
                }
                std::mem::forget(_stop);
            });
        }
        for index in 0..count {
            let Some(item) = wait_for(&state, &changed, index) else { break };
            consume(index, item?)?;
        }
        Ok(())
    })
}

/// The next item to make; `None` when there is none.
fn begin<T>(state: &Mutex<State<T>>, changed: &Condvar, count: usize, window: usize) -> Option<usize> {
    let mut state = locked(state);
    while !state.stopped && state.next < count && state.next >= state.consumed + window {
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    if state.stopped || state.next >= count {
        return None;
    }
    state.next += 1;
    Some(state.next - 1)
}

fn wait_for<T>(state: &Mutex<State<T>>, changed: &Condvar, index: usize) -> Option<T> {
    let mut state = locked(state);
    loop {
        if let Some(item) = state.finished.remove(&index) {
            state.consumed = index + 1;
            changed.notify_all();
            return Some(item);
        }
        if state.stopped {
            return None;
        }
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Stop<'a, T> {
    state: &'a Mutex<State<T>>,
    changed: &'a Condvar,
}

impl<T> Drop for Stop<'_, T> {
    fn drop(&mut self) {
        locked(self.state).stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const THREADS: NonZeroUsize = NonZeroUsize::new(3).unwrap();

    #[test]
    fn results_come_in_order_and_few_wait() {
        let (begun, seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut results = Vec::new();
        in_order(
            200,
            THREADS,
            |index| {
                begun.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_micros((index as u64 * 7919) % 300));
                Ok::<_, ()>(index * 2)
            },
            |index, value| {
                let under_way = begun.load(Ordering::SeqCst) - seen.fetch_add(1, Ordering::SeqCst);
                assert!(under_way <= 4 * THREADS.get() + 1, "{under_way} under way");
                results.push((index, value));
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(results, (0..200).map(|k| (k, 2 * k)).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_it() {
        let begun = AtomicUsize::new(0);
        let produce = |index| {
            begun.fetch_add(1, Ordering::SeqCst);
            if index == 10 { Err("made badly") } else { Ok(index) }
        };
        assert_eq!(in_order(1000, THREADS, produce, |_, _| Ok(())), Err("made badly"));
        assert!(begun.load(Ordering::SeqCst) < 40);
        assert_eq!(in_order(9, THREADS, Ok, |k, _| if k == 4 { Err("not wanted") } else { Ok(()) }), Err("not wanted"));
        assert_eq!(in_order(0, THREADS, Ok::<_, ()>, |_, _| Ok(())), Ok(()));
    }

    #[test]
    #[should_panic(expected = "scoped thread panicked")]
    fn a_panic_does_not_hang() {
        let _ = in_order(50, THREADS, |k| if k == 5 { panic!("defect") } else { Ok::<_, ()>(k) }, |_, _| Ok(()));
    }
}
