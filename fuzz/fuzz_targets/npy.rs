//! NumPy arrays of foreign clip folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_dataset::npy::{Array, Precision};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = Array::from_bytes(bytes) {
        let _ = array.to_points();
        let _ = array.to_rows::<6>();
        let again = Array::from_bytes(&array.to_bytes(Precision::Double));
        assert!(again.is_ok_and(|again| again.shape == array.shape));
    }
});
