//! Landmarks, poses and option files of foreign file sets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_synthesis::neural::{parse_landmarks, parse_poses};
use talkinghead_synthesis::options::Options;
use talkinghead_synthesis::verify::parse_keys;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_landmarks(bytes);
    let _ = parse_poses(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = parse_keys(text);
        if let Ok(options) = Options::parse(text) {
            let _ = options.generator();
        }
    }
});
