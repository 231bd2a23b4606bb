//! How the system's allocator keeps what is freed, and what happens when it has nothing left.

#[cfg(feature = "training")]
use std::alloc::{GlobalAlloc, Layout, System};
#[cfg(feature = "training")]
use std::sync::OnceLock;

/// Keeps the whole program's memory in two arenas. The GNU allocator gives each thread one of its own, which holds on to what it
/// once freed: ten minutes of video then take 182 MB instead of 149. `MALLOC_ARENA_MAX` overrides it as everywhere.
pub fn keep_together() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        #[expect(unsafe_code, reason = "a setting of the C library that no safe crate offers")]
        // SAFETY: takes two numbers and changes only how many arenas will be made; callable at any time.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 2);
        }
    }
}

/// What can be lowered where memory runs out.
#[cfg(feature = "training")]
static SETTINGS: OnceLock<&'static str> = OnceLock::new();

/// From now on running out of memory ends the program with an error in a line and a hint that names these settings. Files that are being
/// written have no name yet, so nothing is half-written.
#[cfg(feature = "training")]
pub fn name_when_full(settings: &'static str) {
    let _ = SETTINGS.set(settings);
}

/// Lets the program's data grow by no more than what is free now, so that the system need not end it. Not for GPUs, whose drivers reserve
/// more than they use.
#[cfg(feature = "training")]
pub fn limit_to_what_is_free() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    limit_data();
}

#[cfg(all(feature = "training", target_os = "linux", target_env = "gnu"))]
fn limit_data() {
    let kilobytes = |path: &str, name: &str| -> Option<u64> {
        let text = std::fs::read_to_string(path).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    let free = kilobytes("/proc/meminfo", "MemAvailable:").zip(kilobytes("/proc/self/status", "VmData:"));
    let Some(most) = free.map(|(free, taken)| (free + taken) * 1024) else { return };
    #[expect(unsafe_code, reason = "a limit of the C library that no crate at hand offers")]
    // SAFETY: both calls get a place for one limit, which lives on the stack.
    unsafe {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) == 0 && limit.rlim_cur > most {
            limit.rlim_cur = most;
            libc::setrlimit(libc::RLIMIT_DATA, &raw const limit);
        }
    }
}

/// The system's allocator, which says what can be done when it has nothing left.
#[cfg(feature = "training")]
struct Telling;

#[cfg(feature = "training")]
#[global_allocator]
static ALLOCATOR: Telling = Telling;

#[cfg(feature = "training")]
#[expect(unsafe_code, reason = "an allocator is unsafe to write; this one hands everything on")]
// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Telling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        told(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        told(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        told(unsafe { System.realloc(pointer, layout, size) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[cfg(feature = "training")]
fn told(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null()
        && let Some(settings) = SETTINGS.get()
    {
        use std::io::Write;
        // Without allocating: the standard error of a program is not buffered.
        let mut to = std::io::stderr();
        for part in ["\nerror: there is not enough memory\nhint: lower ", settings, "\n"] {
            let _ = to.write_all(part.as_bytes());
        }
        std::process::exit(1);
    }
    pointer
}
