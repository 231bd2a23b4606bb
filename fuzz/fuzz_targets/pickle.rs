//! Any pickle inside a sound zip container: mutations reach the reader of instructions instead of breaking the archive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use talkinghead_formats::parse_pytorch;

/// A zip file as torch.save writes it: the pickle, and two storages of 64 bytes.
fn container(pickle: &[u8]) -> Vec<u8> {
    let data: Vec<u8> = (0..64).collect();
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in [("a/data.pkl", pickle), ("a/data/0", &data), ("a/data/1", &data)] {
        let size = (content.len() as u32).to_le_bytes();
        let sizes = [size, size].concat();
        let name_length = (name.len() as u16).to_le_bytes();
        let position = (file.len() as u32).to_le_bytes();
        file.extend([b"PK\x03\x04".as_slice(), &[0; 14], &sizes, &name_length, &[0; 2], name.as_bytes(), content].concat());
        let entry = [b"PK\x01\x02".as_slice(), &[0; 16], &sizes, &name_length, &[0; 12], &position, name.as_bytes()];
        directory.extend(entry.concat());
    }
    let start = (file.len() as u32).to_le_bytes();
    let length = (directory.len() as u32).to_le_bytes();
    [file, directory, [b"PK\x05\x06".as_slice(), &[0; 4], &[3, 0, 3, 0], &length, &start, &[0; 2]].concat()].concat()
}

fuzz_target!(|pickle: &[u8]| {
    if let Ok(dict) = parse_pytorch(&container(pickle)) {
        assert!(dict.value_count() <= 4 * (pickle.len() + 1024), "more values than the file can hold");
    }
});
