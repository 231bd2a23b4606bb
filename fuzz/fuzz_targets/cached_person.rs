//! Entries of the cache of references: no person, or one within the bounds of the file's own length. The digest, which no mutation
//! would pass, is left out.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = talkinghead::is_subject_file(bytes);
});
