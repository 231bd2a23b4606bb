//! Ctrl-C (and a polite kill): children end, unfinished files go, exit code 1.

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
}

/// After Ctrl-C the handler has the last word: whatever failed because of it is not told a second time.
pub fn leave_to_handler() {
    while talkinghead_media::is_stopped() {
        std::thread::park();
    }
}
