//! Names of clips: printable text that stands for any path, also for one that is not UTF-8.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::hash::hex;

/// Longest part of a name, bytes: file systems allow 255, and endings are added.
const LONGEST_PART: usize = 180;

/// A path relative to the corpus as text: its parts joined by `/`, every byte that is not printable UTF-8, every
/// `%`, `\` and `:` written as `%XX`, the end of very long parts replaced by a hash. Different paths give different names; most
/// names are the path itself.
pub fn encode_path(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(shortened(encode(name.as_encoded_bytes()))),
            _ => None,
        })
        .collect();
    parts.join("/")
}

fn shortened(part: String) -> String {
    if part.len() <= LONGEST_PART {
        return part;
    }
    let hash = hex(&Sha256::digest(part.as_bytes()));
    let extension = part.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| extension.len() <= 8);
    let kept = part.floor_char_boundary(LONGEST_PART - 32);
    let ending = extension.map_or(String::new(), |extension| format!(".{extension}"));
    format!("{}~{}{ending}", &part[..kept], &hash[..16])
}

fn encode(bytes: &[u8]) -> String {
    let mut name = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() || matches!(letter, '%' | '\\' | ':') {
                let mut buffer = [0; 4];
                letter.encode_utf8(&mut buffer).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
            } else {
                name.push(letter);
            }
        }
        chunk.invalid().iter().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
    }
    name
}

/// The name without the extension of its last part.
pub fn without_extension(name: &str) -> &str {
    let start = name.rfind('/').map_or(0, |at| at + 1);
    match name[start..].rfind('.') {
        Some(at) if at > 0 => &name[..start + at],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        assert_eq!(encode_path(Path::new("id1/a b/É 1.mp4")), "id1/a b/É 1.mp4");
        assert_eq!(encode_path(Path::new("./50%/x")), "50%25/x");
        assert_eq!(without_extension("a.b/c.tar.mp4"), "a.b/c.tar");
        assert_eq!(without_extension("a.b/.hidden"), "a.b/.hidden");
    }

    #[test]
    fn very_long_names_are_shortened_and_stay_apart() {
        let name = |end: &str| encode_path(Path::new(&format!("a/{}{end}.mp4", "é".repeat(120))));
        assert!(name("x").len() < 200 && name("x").ends_with(".mp4"), "{}", name("x"));
        assert_ne!(name("x"), name("y"));
    }

    #[cfg(unix)]
    proptest! {
        #[test]
        fn different_file_names_give_different_clip_names(a in proptest::collection::vec(1_u8.., 1..12), b in proptest::collection::vec(1_u8.., 1..12)) {
            use std::os::unix::ffi::OsStrExt;
            let clean = |bytes: &[u8]| bytes.iter().map(|&byte| if byte == b'/' { b'x' } else { byte }).collect::<Vec<u8>>();
            let (a, b) = (clean(&a), clean(&b));
            prop_assume!(a != b && a != b"." && a != b".." && b != b"." && b != b"..");
            let name = |bytes: &[u8]| encode_path(Path::new(std::ffi::OsStr::from_bytes(bytes)));
            prop_assert_ne!(name(&a), name(&b));
        }
    }
}
