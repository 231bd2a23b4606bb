//! Thresholds of the quality control that somebody wrote: refused with a reason, or written so that they can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::Thresholds;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(thresholds) = Thresholds::from_json(bytes) {
        let written = serde_json::to_vec(&thresholds).expect("numbers can be written");
        assert!(Thresholds::from_json(&written).is_ok());
    }
});
