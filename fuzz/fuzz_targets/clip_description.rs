//! `clip.json` of foreign clip folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::ClipDescription;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(clip) = ClipDescription::from_json(bytes) {
        assert!(clip.files.all().iter().all(|name| !name.contains('/')));
    }
});
