//! A folder of frames, one picture a frame, in the order people number them.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::MediaError;
use crate::picture::picture_format;

/// The pictures of a folder in natural order: `frame2.png` before `frame10.png`. Hidden files and files that
/// are no pictures are left out.
///
/// # Errors
/// The folder cannot be read or holds no pictures.
pub fn list_frames(folder: &Path) -> Result<Vec<PathBuf>, MediaError> {
    let unreadable = |source| MediaError::Unreadable { path: folder.to_owned(), source };
    let mut frames = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.is_file() && picture_format(&path)?.is_some() {
            frames.push(path);
        }
    }
    if frames.is_empty() {
        return Err(MediaError::NoPictures { path: folder.to_owned() });
    }
    frames.sort_by(|one, other| natural_order(&one.to_string_lossy(), &other.to_string_lossy()));
    Ok(frames)
}

/// Compares names so that runs of digits count as numbers.
fn natural_order(one: &str, other: &str) -> Ordering {
    let (mut one_rest, mut other_rest) = (one, other);
    while let (Some(a), Some(b)) = (one_rest.chars().next(), other_rest.chars().next()) {
        let order = if a.is_ascii_digit() && b.is_ascii_digit() {
            let (one_number, one_after) = split_number(one_rest);
            let (other_number, other_after) = split_number(other_rest);
            (one_rest, other_rest) = (one_after, other_after);
            one_number.len().cmp(&other_number.len()).then_with(|| one_number.cmp(other_number))
        } else {
            (one_rest, other_rest) = (&one_rest[a.len_utf8()..], &other_rest[b.len_utf8()..]);
            a.cmp(&b)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    // Equal as numbers (`01` and `1`): the plain order decides, so that the order is always the same.
    one_rest.len().cmp(&other_rest.len()).then_with(|| one.cmp(other))
}

/// The leading digits without their leading zeros, and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::natural_order;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = vec!["b1", "a10.png", "a9.png", "a010.png", "a2x3", "a2x20", "a"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["a", "a2x3", "a2x20", "a9.png", "a010.png", "a10.png", "b1"]);
    }
}
