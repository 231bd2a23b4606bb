//! `manifest.jsonl` of foreign data sets.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = talkinghead_dataset::read_manifest(bytes);
});
