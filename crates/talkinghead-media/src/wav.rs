//! WAV files whose header gives a wrong length: recorders that were switched off, streams, converters that only copied it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::{MediaError, MediaInfo};

/// Chunks that are looked at before it is no WAV file that anybody made.
const MOST_CHUNKS: usize = 64;
/// A difference that does not matter, in seconds.
const TOLERANCE: f64 = 0.02;

/// A length in a header that is wrong, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WrongLength {
    /// What the header says.
    pub(crate) declared: f64,
    /// What the file holds.
    pub(crate) real: f64,
}

impl WrongLength {
    /// One sentence about it.
    pub(crate) fn warning(self, path: &Path) -> String {
        let (name, real) = (path.display(), self.real);
        // A stream's header is written before its length is known.
        if self.declared == 0.0 || self.declared > 100.0 * real.max(1.0) {
            return format!("{name} does not say in its header how long it is: all {real:.1} seconds that it holds were used");
        }
        format!("{name} says in its header that it lasts {:.1} seconds, but holds {real:.1}: all of it was used", self.declared)
    }
}

/// Corrects the lengths of a WAV file with a wrong header; other files stay as they are.
pub(crate) fn correct_length(path: &Path, info: &mut MediaInfo) -> Result<(), MediaError> {
    if info.format != "wav" {
        return Ok(());
    }
    let unreadable = |source| MediaError::Unreadable { path: path.to_owned(), source };
    let mut file = crate::picture::open(path)?;
    info.wrong_length = wrong_length(&mut file).map_err(unreadable)?;
    if let Some(length) = info.wrong_length {
        info.seconds = Some(length.real);
        if let Some(audio) = &mut info.audio {
            audio.seconds = Some(length.real);
        }
    }
    Ok(())
}

fn wrong_length(file: &mut File) -> std::io::Result<Option<WrongLength>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 12;
    let mut bytes_per_second = None;
    for _ in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk(file, at, end)? else { return Ok(None) };
        match (&id, bytes_per_second) {
            (b"fmt ", _) => bytes_per_second = rate(file, at + 8, end)?,
            (b"data", Some(per_second)) => {
                let (start, declared) = (at + 8, u64::from(size));
                if declared > 0 && (start + declared == end || chunks_follow(file, start + declared, end)?) {
                    return Ok(None);
                }
                let seconds = |bytes: u64| bytes as f64 / f64::from(per_second);
                let found = WrongLength { declared: seconds(declared), real: seconds(end - start) };
                return Ok(Some(found).filter(|found| (found.declared - found.real).abs() > TOLERANCE));
            }
            (b"data", None) => return Ok(None),
            _ => {}
        }
        at = after(at, size);
    }
    Ok(None)
}

/// Where the next chunk begins; chunks have even places.
pub(crate) fn after(at: u64, size: u32) -> u64 {
    at + 8 + u64::from(size) + u64::from(size % 2)
}

/// Name and size of the chunk at `at`, if there is room for one.
pub(crate) fn chunk(file: &mut (impl Read + Seek), at: u64, end: u64) -> std::io::Result<Option<([u8; 4], u32)>> {
    if at + 8 > end {
        return Ok(None);
    }
    let mut head = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut head)?;
    let [a, b, c, d, size @ ..] = head;
    Ok(Some(([a, b, c, d], u32::from_le_bytes(size))))
}

/// Bytes of samples in a second.
fn rate(file: &mut File, at: u64, end: u64) -> std::io::Result<Option<u32>> {
    if at + 12 > end {
        return Ok(None);
    }
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(at + 8))?;
    file.read_exact(&mut bytes)?;
    Ok(Some(u32::from_le_bytes(bytes)).filter(|rate| *rate > 0))
}

/// Whether there are chunks from `at` to the end of the file, and not samples.
pub(crate) fn chunks_follow(file: &mut (impl Read + Seek), at: u64, end: u64) -> std::io::Result<bool> {
    let mut at = at + at % 2;
    for number in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk(file, at, end)? else { return Ok(number > 0 || end.abs_diff(at) < 8) };
        let is_name = id.iter().all(|byte| byte.is_ascii_alphanumeric() || b" _-".contains(byte));
        if !is_name || at + 8 + u64::from(size) > end {
            return Ok(false);
        }
        at = after(at, size);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A second of 8-bit sound at 8 kHz whose header says `declared` bytes.
    fn found(declared: u32, rest: &[u8]) -> Option<WrongLength> {
        let mut file = tempfile::tempfile().unwrap();
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
        bytes.extend(declared.to_le_bytes());
        bytes.extend([128; 8000]);
        bytes.extend(rest);
        std::io::Write::write_all(&mut file, &bytes).unwrap();
        wrong_length(&mut file).unwrap()
    }

    #[test]
    fn a_right_length_is_right_whatever_follows() {
        assert_eq!(found(8000, b""), None);
        assert_eq!(found(8000, b"LIST\x04\0\0\0INFO"), None);
        assert_eq!(found(8000, b"id3 \x03\0\0\0ID3\0bext\x02\0\0\0ab"), None);
    }

    #[test]
    fn a_wrong_one_is_found() {
        let real = |declared| found(declared, b"").map(|length| (length.declared, length.real));
        assert_eq!(real(2000), Some((0.25, 1.0)));
        assert_eq!(real(0), Some((0.0, 1.0)));
        assert_eq!(real(16000), Some((2.0, 1.0)));
        assert_eq!(real(u32::MAX).map(|length| length.1), Some(1.0));
        assert!(found(u32::MAX, b"").unwrap().warning(Path::new("a.wav")).contains("does not say"));
    }
}
