//! Texts that corpora bring: GRID's `.align`, LRS3's `.txt`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::corpus::{TranscriptKind, words};

fuzz_target!(|bytes: &[u8]| {
    let _ = words(bytes, TranscriptKind::Align);
    let _ = words(bytes, TranscriptKind::Text);
});
