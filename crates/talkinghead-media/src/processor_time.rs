//! Processor time: of a thread, of the whole process, and of what this crate does in child processes and threads of its own.
//! Told on Unix; elsewhere there is none.

use std::process::{Child, ExitStatus};
use std::sync::Mutex;
use std::time::Duration;

use crate::interruption::locked;

/// What children and threads of this crate work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaWork {
    /// Looking at what a file holds.
    Probing,
    /// Frames and pictures out of files.
    Decoding,
    /// Sound out of files.
    Sound,
    /// Frames into a video.
    Encoding,
    /// Sound under a finished video.
    Muxing,
}

/// Spent so far, in the order of [`MediaWork::ALL`]. Also the lock under which children are collected: what the system adds to
/// the time of all children is then that of one.
static SPENT: Mutex<[Duration; MediaWork::ALL.len()]> = Mutex::new([Duration::ZERO; MediaWork::ALL.len()]);

impl MediaWork {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Probing, Self::Decoding, Self::Sound, Self::Encoding, Self::Muxing];

    /// The name in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Probing => "probing",
            Self::Decoding => "decoding",
            Self::Sound => "sound",
            Self::Encoding => "encoding",
            Self::Muxing => "muxing",
        }
    }

    /// Processor time that ended children and threads of this kind have taken since the program started.
    pub fn spent(self) -> Duration {
        locked(&SPENT)[self as usize]
    }

    /// Adds what the calling thread has taken since it began: for a thread of this crate that ends.
    pub(crate) fn add_thread(self) {
        locked(&SPENT)[self as usize] += thread_time().unwrap_or_default();
    }

    /// Collects a child with `wait`, and adds the time it took if it has ended.
    pub(crate) fn collect(
        self,
        child: &mut Child,
        wait: impl FnOnce(&mut Child) -> std::io::Result<Option<ExitStatus>>,
    ) -> std::io::Result<Option<ExitStatus>> {
        let mut spent = locked(&SPENT);
        let before = children_time();
        let status = wait(child);
        spent[self as usize] += children_time().saturating_sub(before);
        status
    }
}

/// Processor time of the calling thread; `None` where the system does not say.
pub fn thread_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).ok()?;
        Some(Duration::from(time))
    }
    #[cfg(not(unix))]
    None
}

/// Processor time of this process with all threads, and of its ended children; `None` where the system does not say.
pub fn process_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        Some(usage(nix::sys::resource::UsageWho::RUSAGE_SELF)? + children_time())
    }
    #[cfg(not(unix))]
    None
}

fn children_time() -> Duration {
    #[cfg(unix)]
    {
        usage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).unwrap_or_default()
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

#[cfg(unix)]
fn usage(of: nix::sys::resource::UsageWho) -> Option<Duration> {
    use nix::sys::time::TimeValLike;
    let usage = nix::sys::resource::getrusage(of).ok()?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn work_of_a_thread_and_of_a_child_is_told() {
        let (thread, process, encoding) = (thread_time().unwrap(), process_time().unwrap(), MediaWork::Encoding.spent());
        let start = std::time::Instant::now();
        while thread_time().unwrap() - thread < Duration::from_millis(20) && start.elapsed() < Duration::from_secs(20) {
            std::hint::black_box((0..1000_u64).sum::<u64>());
        }
        assert!(thread_time().unwrap() - thread >= Duration::from_millis(20));
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        let mut child = std::process::Command::new("sh").args(["-c", busy]).spawn().unwrap();
        let status = MediaWork::Encoding.collect(&mut child, |child| child.wait().map(Some)).unwrap().unwrap();
        assert!(status.success());
        let child = MediaWork::Encoding.spent() - encoding;
        assert!(child > Duration::from_millis(1), "{child:?}");
        assert!(process_time().unwrap() - process >= child + Duration::from_millis(20));
    }
}
