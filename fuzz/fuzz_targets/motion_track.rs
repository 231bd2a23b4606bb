//! A motion track from foreign bytes: refused with a reason, or valid, writable, and the same when read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_motion::MotionTrack;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(track) = MotionTrack::from_json(bytes) {
        assert!(track.validate().is_ok(), "a track that was read is valid");
        let again = MotionTrack::from_json(track.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&track), "what is written reads back the same");
    }
});
