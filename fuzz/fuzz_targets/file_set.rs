//! Landmarks and poses of foreign file sets (`.npy`): refused with a reason, or finite numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::{parse_landmarks, parse_poses};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(faces) = parse_landmarks(bytes) {
        assert!(!faces.is_empty() && faces.as_flattened().as_flattened().iter().all(|value| value.is_finite()));
    }
    if let Ok(poses) = parse_poses(bytes) {
        assert!(!poses.is_empty() && poses.as_flattened().iter().all(|value| value.is_finite()));
    }
});
