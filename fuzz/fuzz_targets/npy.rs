//! NumPy arrays of foreign clip folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::{NpyArray, NpyType};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = NpyArray::from_bytes(bytes) {
        let _ = array.to_points();
        let _ = array.to_rows::<6>();
        let again = NpyArray::from_bytes(&array.to_bytes(NpyType::Float64));
        assert!(again.is_ok_and(|again| again.shape == array.shape));
    }
});
