//! Foreign PyTorch checkpoints, zip and legacy container: refused with a reason, or tensors that hold what their shapes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::{element_count, parse_pytorch};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(dict) = parse_pytorch(bytes) {
        for (key, tensor) in dict.iter() {
            assert_eq!(element_count(&tensor.shape), Some(tensor.values.len()), "{key}");
        }
        assert!(dict.value_count() <= 4 * bytes.len(), "more values than the file can hold");
    }
});
