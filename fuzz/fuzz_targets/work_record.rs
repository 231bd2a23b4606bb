//! Records of finished sources in foreign data sets: refused with a reason, or the same when written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::WorkRecord;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = WorkRecord::from_json(bytes) {
        let written = serde_json::to_vec(&record).expect("what was read can be written");
        assert!(WorkRecord::from_json(&written).is_ok_and(|again| again.clips.len() == record.clips.len()));
    }
});
