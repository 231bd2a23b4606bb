//! Foreign safetensors files: refused with a reason, or tensors that are the same when written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::{FloatWidth, parse_safetensors, safetensors_bytes};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((dict, metadata)) = parse_safetensors(bytes) {
        let written = safetensors_bytes(&dict, &metadata, FloatWidth::Single).expect("what was read can be written");
        let (again, same) = parse_safetensors(&written).expect("what was written can be read");
        assert_eq!(metadata, same);
        assert_eq!(dict.len(), again.len());
        for ((key, tensor), (other, copy)) in dict.iter().zip(again.iter()) {
            assert_eq!((key, &tensor.shape), (other, &copy.shape));
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert!(tensor.integer || bits(&tensor.values) == bits(&copy.values), "{key}");
        }
    }
});
