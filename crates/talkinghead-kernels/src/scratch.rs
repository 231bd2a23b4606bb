//! Scratch memory of a thread, kept between calls, and output memory shared by threads that write to different places.

use std::cell::RefCell;
use std::marker::PhantomData;

/// Bytes to which scratch is aligned: a cache line, and the widest vector.
const ALIGNMENT: usize = 64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; ALIGNMENT / 4]);

/// Uninitialised-looking but always valid numbers, aligned to a cache line.
#[derive(Default)]
pub(crate) struct Scratch {
    lines: Vec<Line>,
}

impl Scratch {
    /// At least `length` numbers with whatever they held before.
    pub fn at_least(&mut self, length: usize) -> &mut [f32] {
        let lines = length.div_ceil(ALIGNMENT / 4);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0.0; ALIGNMENT / 4]));
        }
        debug_assert!(length <= self.lines.len() * (ALIGNMENT / 4));
        // SAFETY: a line is 16 numbers without padding, and the vector holds `lines` of them.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), length) }
    }
}

thread_local! {
    static KEPT: RefCell<Vec<Scratch>> = const { RefCell::new(Vec::new()) };
}

/// Lends scratch of this thread. Nested calls get other memory.
pub(crate) fn with_scratch<R>(length: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut scratch = KEPT.with_borrow_mut(|kept| kept.pop()).unwrap_or_default();
    let result = f(scratch.at_least(length));
    KEPT.with_borrow_mut(|kept| kept.push(scratch));
    result
}

/// A slice that several threads write to, each at its own places.
#[derive(Clone, Copy)]
pub(crate) struct SharedMut<'a> {
    start: *mut f32,
    length: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: it is a pointer into a slice that is borrowed mutably for 'a; whoever writes through it promises to keep apart.
unsafe impl Send for SharedMut<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedMut<'_> {}

impl<'a> SharedMut<'a> {
    pub fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), length: slice.len(), slice: PhantomData }
    }

    /// The part from `start` on.
    ///
    /// # Safety
    /// No two threads hold overlapping parts at the same time.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, start: usize, length: usize) -> &'a mut [f32] {
        assert!(start.checked_add(length).is_some_and(|end| end <= self.length), "part outside the slice");
        // SAFETY: inside the slice; the caller keeps parts apart.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }

    /// Address of `length` numbers from `index` on. Writing there is up to the caller.
    pub fn address(&self, index: usize, length: usize) -> *mut f32 {
        debug_assert!(index.checked_add(length).is_some_and(|end| end <= self.length), "address outside the slice");
        self.start.wrapping_add(index)
    }
}
