//! A CSV of ARKit blendshapes from foreign bytes: refused with a reason, or a valid track.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_motion::MotionTrack;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = MotionTrack::from_arkit(bytes) {
        assert!(read.track.validate().is_ok(), "a track that was read is valid");
    }
});
