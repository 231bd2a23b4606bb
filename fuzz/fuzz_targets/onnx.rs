//! Foreign ONNX files: refused with a reason, or taken with no more than the file holds; and made ready to run, or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_onnx::ForeignOnnx;

const OPERATIONS: &[&str] = &["Add", "BatchNormalization", "Conv", "Flatten", "Gemm", "Identity", "Mul", "PRelu", "Relu", "Reshape", "Sub"];

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = ForeignOnnx::read(bytes.to_vec(), OPERATIONS) {
        let _ = file.begins_with(&["Sub", "Mul"]);
        let _ = file.plan("fuzzed", &[1, 3, 112, 112]);
    }
});
