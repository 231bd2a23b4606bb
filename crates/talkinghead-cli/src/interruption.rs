//! Ctrl-C (and a polite kill): children end, unfinished files go, exit code 1; a training does its step and writes a checkpoint first. A
//! limit on file sizes is an error like a full disk.

use talkinghead_media::MediaError;

use crate::failure::Failure;

/// Watches for Ctrl-C from now on.
pub fn install() {
    let watching = ctrlc::set_handler(|| {
        #[cfg(feature = "training")]
        if asked_to_stop() {
            return;
        }
        talkinghead_media::stop_everything();
        // Over whatever progress was shown on this line.
        eprintln!();
        Failure::from(MediaError::Interrupted).print();
        std::process::exit(1);
    });
    if let Err(error) = watching {
        tracing::warn!("Ctrl-C will not clean up: {error}");
    }
    #[cfg(unix)]
    outlive_limits_on_files();
}

/// Set by the first Ctrl-C, where a command asked for it.
#[cfg(feature = "training")]
static STOP: std::sync::OnceLock<std::sync::Arc<std::sync::atomic::AtomicBool>> = std::sync::OnceLock::new();

/// From now on the first Ctrl-C only sets the flag that is given, and the second one ends the program.
#[cfg(feature = "training")]
pub fn wait_for_the_step() -> std::sync::Arc<std::sync::atomic::AtomicBool> {
    std::sync::Arc::clone(STOP.get_or_init(std::sync::Arc::default))
}

/// Whether this Ctrl-C was the first where one is to be waited for.
#[cfg(feature = "training")]
fn asked_to_stop() -> bool {
    let first = STOP.get().is_some_and(|stop| !stop.swap(true, std::sync::atomic::Ordering::Relaxed));
    if first {
        eprintln!("\nstopping after this step, with a checkpoint; Ctrl-C again stops at once");
    }
    first
}

/// A write beyond `ulimit -f` fails instead of killing the program; children keep the system's way.
#[cfg(unix)]
fn outlive_limits_on_files() {
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen) {
        tracing::warn!("a limit on file sizes will end the program: {error}");
    }
}

/// After Ctrl-C the handler has the last word: whatever failed because of it is not told a second time.
pub fn leave_to_handler() {
    while talkinghead_media::is_stopped() {
        std::thread::park();
    }
}
