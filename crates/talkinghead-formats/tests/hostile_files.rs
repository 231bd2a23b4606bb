//! Files that are not what they claim to be are refused, and nothing in them is executed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use talkinghead_formats::{FloatWidth, HostTensor, StateDict, parse_pytorch, parse_safetensors, read_weights, safetensors_bytes};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile").join(name)
}

#[test]
fn pickles_that_call_are_refused_by_name() {
    for name in ["evil_zip.pth", "evil_legacy.pth", "evil_bare.pkl"] {
        let message = read_weights(&fixture(name)).unwrap_err().to_string();
        assert!(message.contains("refused") && message.contains("nothing is executed"), "{name}: {message}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    for name in ["evil_zip.pth", "evil_legacy.pth"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        for length in 0..bytes.len() {
            assert!(parse_pytorch(&bytes[..length]).is_err(), "{name} cut to {length} bytes was read");
        }
    }
}

/// A zip file as torch.save writes it, with one float tensor `w` of shape [2, 3].
fn small_checkpoint(values: &[f32], shape: (u8, u8), count: u8) -> Vec<u8> {
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK".to_vec();
    pickle.extend([count, b't', b'Q', b'K', 0, b'K', shape.0, b'K', shape.1, 0x86, b'K', shape.1, b'K', 1, 0x86, 0x89]);
    pickle.extend(b"ccollections\nOrderedDict\n)RtRu.");
    container(&pickle, values)
}

/// The zip file around a pickle and one storage of floats.
fn container(pickle: &[u8], values: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in [("a/data.pkl", pickle), ("a/data/0", &data)] {
        let sizes = [(content.len() as u32).to_le_bytes(), (content.len() as u32).to_le_bytes()].concat();
        let name_length = (name.len() as u16).to_le_bytes();
        let position = (file.len() as u32).to_le_bytes();
        file.extend([b"PK\x03\x04".as_slice(), &[0; 14], &sizes, &name_length, &[0; 2], name.as_bytes(), content].concat());
        directory
            .extend([b"PK\x01\x02".as_slice(), &[0; 16], &sizes, &name_length, &[0; 12], &position, name.as_bytes()].concat());
    }
    let start = (file.len() as u32).to_le_bytes();
    let length = (directory.len() as u32).to_le_bytes();
    [file, directory, [b"PK\x05\x06".as_slice(), &[0; 4], &[2, 0, 2, 0], &length, &start, &[0; 2]].concat()].concat()
}

#[test]
fn a_plain_checkpoint_is_read_and_lies_about_sizes_are_not() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let dict = parse_pytorch(&small_checkpoint(&values, (2, 3), 6)).unwrap();
    assert_eq!(dict.get("w").unwrap(), &HostTensor::new(vec![2, 3], values.to_vec()).unwrap());
    let too_few = parse_pytorch(&small_checkpoint(&values[..5], (2, 3), 6)).unwrap_err();
    assert!(too_few.contains("`w`") && too_few.contains('5'), "{too_few}");
    let beyond = parse_pytorch(&small_checkpoint(&values, (3, 3), 6)).unwrap_err();
    assert!(beyond.contains("[3, 3]"), "{beyond}");
}

/// As the published motion networks are saved: several state dicts side by side, and an epoch.
#[test]
fn state_dicts_side_by_side_are_read_under_their_names() {
    let tensor = b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQK\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR";
    let dict = |tensor: &[u8]| [b"ccollections\nOrderedDict\n)R(X\x01\0\0\0w".as_slice(), tensor, b"u"].concat();
    let file = |second: Vec<u8>| {
        let first = dict(tensor);
        let pickle =
            [b"\x80\x02}(X\x01\0\0\0a".as_slice(), &first, b"X\x01\0\0\0b", &second, b"X\x05\0\0\0epochK\x07u."].concat();
        container(&pickle, &[1.0, 2.0])
    };
    let both = parse_pytorch(&file(dict(tensor))).unwrap();
    assert_eq!(both.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a.w", "b.w"]);
    assert_eq!(both.get("b.w").unwrap().values, [1.0, 2.0]);
    // An optimiser's state is no state dict.
    let one = parse_pytorch(&file(dict(b"K\x01"))).unwrap();
    assert_eq!(one.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a.w"]);
}

#[test]
fn bit_flips_never_panic() {
    let sound = small_checkpoint(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3), 6);
    let legacy = std::fs::read(fixture("evil_legacy.pth")).unwrap();
    let mut dict = StateDict::new();
    dict.insert("w", HostTensor::new(vec![2], vec![1.0, 2.0]).unwrap());
    let safe = safetensors_bytes(&dict, &Default::default(), FloatWidth::Single).unwrap();
    for original in [sound, legacy, safe] {
        for position in 0..original.len() {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff, original[position] ^ 0x20] {
                let mut bytes = original.clone();
                bytes[position] = value;
                let _ = (parse_pytorch(&bytes), parse_safetensors(&bytes));
            }
        }
    }
}

#[test]
fn a_file_without_tensors_is_read_back() {
    let bytes = safetensors_bytes(&StateDict::new(), &Default::default(), FloatWidth::Single).unwrap();
    assert!(parse_safetensors(&bytes).unwrap().0.is_empty());
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_refused_before_it_is_read() {
    let message = read_weights(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(message.contains("/dev/zero") && message.contains("neither a file"), "{message}");
    assert!(read_weights(Path::new(env!("CARGO_MANIFEST_DIR"))).is_err());
}
