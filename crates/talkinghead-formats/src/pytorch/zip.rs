//! The zip container of newer PyTorch files: stored (never compressed) entries `NAME/data.pkl` and `NAME/data/KEY`.

use std::collections::HashMap;

use super::pickle::Pickle;
use super::storage::state_dict;
use crate::StateDict;

/// Most entries that are read.
const MOST_ENTRIES: usize = 1 << 17;

/// The state dict in a zip file.
pub fn parse(bytes: &[u8]) -> Result<StateDict, String> {
    let entries = directory(bytes)?;
    let pickle_name = entries.keys().find(|name| **name == "data.pkl" || name.ends_with("/data.pkl")).copied();
    let pickle_name = pickle_name.ok_or("the zip file has no entry data.pkl: it was not written by torch.save")?;
    let root = pickle_name.strip_suffix("data.pkl").unwrap_or("");
    if let Some(order) = entries.get(format!("{root}byteorder").as_str())
        && *order != b"little"
    {
        return Err("the file's numbers are big-endian, which is not supported".into());
    }
    let pickle = Pickle::read(entries[pickle_name])?;
    state_dict(&pickle, bytes.len(), |key| {
        let name = format!("{root}data/{key}");
        entries.get(name.as_str()).copied().ok_or_else(|| format!("storage `{name}` is missing from the zip file"))
    })
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let slice = bytes.get(at..at.checked_add(width)?)?;
    usize::try_from(slice.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte))).ok()
}

/// Names and contents of all entries, by the central directory.
fn directory(bytes: &[u8]) -> Result<HashMap<&str, &[u8]>, String> {
    let truncated = || "the zip file is truncated: it has no complete central directory".to_string();
    // The end record is 22 bytes and a comment of up to 65535.
    let first = bytes.len().saturating_sub(22 + 65535);
    let end = (first..=bytes.len().saturating_sub(22))
        .rev()
        .find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))
        .ok_or_else(truncated)?;
    let count = number(bytes, end + 10, 2).ok_or_else(truncated)?;
    let start = number(bytes, end + 16, 4).ok_or_else(truncated)?;
    let (count, start) =
        if count == 0xFFFF || start == 0xFFFF_FFFF { large_directory(bytes, end).ok_or_else(truncated)? } else { (count, start) };
    if count > MOST_ENTRIES {
        return Err(format!("the zip file has {count} entries, more than {MOST_ENTRIES}"));
    }
    let mut entries = HashMap::with_capacity(count.min(4096));
    let mut at = start;
    for _ in 0..count {
        let entry = entry(bytes, at)
            .ok_or_else(|| "an entry of the zip file lies outside of it, is compressed or is malformed".to_string())?;
        if entries.insert(entry.name, entry.content).is_some() {
            return Err(format!("entry `{}` is in the zip file twice", entry.name));
        }
        at = entry.next;
    }
    Ok(entries)
}

/// Entry count and directory position of a file with zip64 records.
fn large_directory(bytes: &[u8], end: usize) -> Option<(usize, usize)> {
    let locator = end.checked_sub(20)?;
    if !bytes[locator..].starts_with(b"PK\x06\x07") {
        return None;
    }
    let record = number(bytes, locator + 8, 8)?;
    if !bytes.get(record..)?.starts_with(b"PK\x06\x06") {
        return None;
    }
    Some((number(bytes, record.checked_add(32)?, 8)?, number(bytes, record.checked_add(48)?, 8)?))
}

struct Entry<'a> {
    name: &'a str,
    content: &'a [u8],
    next: usize,
}

fn entry(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        return None;
    }
    let field = |offset: usize, width: usize| number(bytes, at.checked_add(offset)?, width);
    let (method, name_length, extra_length, comment_length) = (field(10, 2)?, field(28, 2)?, field(30, 2)?, field(32, 2)?);
    if method != 0 {
        return None;
    }
    let name = std::str::from_utf8(bytes.get(at + 46..at + 46 + name_length)?).ok()?;
    let extra = bytes.get(at + 46 + name_length..at + 46 + name_length + extra_length)?;
    let (mut size, mut local) = (field(24, 4)?, field(42, 4)?);
    if size == 0xFFFF_FFFF || local == 0xFFFF_FFFF || field(20, 4)? == 0xFFFF_FFFF {
        let packed = field(20, 4)? == 0xFFFF_FFFF;
        (size, local) = large_fields(extra, size, packed, local)?;
    }
    if !bytes.get(local..)?.starts_with(b"PK\x03\x04") {
        return None;
    }
    let data = local.checked_add(30)?.checked_add(number(bytes, local + 26, 2)?)?.checked_add(number(bytes, local + 28, 2)?)?;
    let content = bytes.get(data..data.checked_add(size)?)?;
    Some(Entry { name, content, next: at + 46 + name_length + extra_length + comment_length })
}

/// Size and position from a zip64 extra field.
fn large_fields(extra: &[u8], size: usize, packed: bool, local: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    while number(extra, at, 2)? != 1 {
        at += 4 + number(extra, at + 2, 2)?;
    }
    at += 4;
    let mut next = |wanted: bool, small: usize| {
        if !wanted {
            return Some(small);
        }
        at += 8;
        number(extra, at - 8, 8)
    };
    let size = next(size == 0xFFFF_FFFF, size)?;
    next(packed, 0)?;
    Some((size, next(local == 0xFFFF_FFFF, local)?))
}
