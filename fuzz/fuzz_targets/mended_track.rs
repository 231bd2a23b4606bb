//! A damaged motion track from foreign bytes: refused with a reason, or mended so that the strict reader takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_motion::MotionTrack;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = MotionTrack::mend(bytes) {
        assert!(read.track.validate().is_ok(), "a track that was mended is valid");
        let again = MotionTrack::from_json(read.track.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&read.track), "what is written reads back the same");
    }
});
