//! Foreign checkpoints: pickles in both containers, and safetensors. Nothing is executed, nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_synthesis::weights::{parse_pytorch, parse_safetensors};

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_pytorch(bytes);
    let _ = parse_safetensors(bytes);
});
