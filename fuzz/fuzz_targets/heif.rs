//! A photo in the container of phones, its index from foreign bytes: refused with a reason, or within the limits.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use talkinghead_media::{Limits, probe};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_pixels: 1 << 20, max_dimension: 4096, ..Limits::default() };
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    // The mark by which such files are known; without it ffprobe would be asked.
    if file.write_all(b"\0\0\0\x10ftypheic\0\0\0\0").and_then(|()| file.write_all(bytes)).is_err() {
        return;
    }
    if let Ok(info) = probe(file.path(), &limits) {
        assert!(info.size.is_some_and(|(width, height)| width.max(height) <= 4096));
    }
});
