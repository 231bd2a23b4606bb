//! A picture from foreign bytes: refused with a reason, or within the limits.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use talkinghead_media::{Limits, decode_image};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_pixels: 1 << 20, max_dimension: 4096, ..Limits::default() };
    if let Ok(picture) = decode_image(bytes, Path::new("picture"), &limits) {
        assert!(u64::from(picture.width()) * u64::from(picture.height()) <= limits.max_pixels);
    }
});
