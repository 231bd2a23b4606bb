//! Ctrl-C (and a polite kill): children end, unfinished files go, exit code 1. A limit on file sizes is an error like a full
//! disk.

use talkinghead_media::MediaError;

use crate::failure::Failure;

/// Watches for Ctrl-C from now on.
pub fn install() {
    let watching = ctrlc::set_handler(|| {
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
