//! Foreign weights of the motion models: refused with a reason, or finite tensors that are the same when written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_motion::expression::{ExpressionModel, FloatWidth, TensorFile};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = TensorFile::from_bytes(bytes) {
        let written = file.to_bytes(FloatWidth::Single).expect("what was read can be written");
        assert_eq!(TensorFile::from_bytes(&written).expect("what was written can be read"), file);
        let _ = ExpressionModel::from_tensors(&file);
    }
});
