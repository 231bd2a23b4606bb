//! What is in a plain WAV file, without a child process: one or two channels of samples, and a header that is right. All others are
//! left to ffprobe.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use crate::dynamic_range::DynamicRange;
use crate::probe::AudioInfo;
use crate::wav::{after, chunk, chunks_follow};
use crate::{MediaError, MediaInfo, MediaKind};

/// Chunks before the samples.
const MOST_CHUNKS: usize = 64;
/// Bytes of samples in which a coded stream would begin.
const LOOK: usize = 1 << 14;
/// How coded streams (DTS in four ways, and what lies in S/PDIF frames) begin that are passed off as samples.
const CODED: [[u8; 4]; 5] = [
    [0x7f, 0xfe, 0x80, 0x01],
    [0xfe, 0x7f, 0x01, 0x80],
    [0x1f, 0xff, 0xe8, 0x00],
    [0xff, 0x1f, 0x00, 0xe8],
    [0x72, 0xf8, 0x1f, 0x4e],
];

/// What a plain WAV file holds; `None` for any other file.
pub(crate) fn probe_plain_wav(path: &Path) -> Result<Option<MediaInfo>, MediaError> {
    let mut file = crate::picture::open(path)?;
    let unreadable = |source| MediaError::Unreadable { path: path.to_owned(), source };
    let sound = plain_sound(&mut file).map_err(unreadable)?;
    Ok(sound.map(|PlainSound { audio, .. }| MediaInfo {
        kind: MediaKind::Audio,
        format: "wav".to_owned(),
        size: None,
        frame_rate: None,
        seconds: audio.seconds,
        audio: Some(audio),
        frames: None,
        unspecified_colours: false,
        dynamic_range: DynamicRange::Standard,
        wrong_length: None,
        beyond_full_scale: None,
    }))
}

/// The samples of a plain WAV file of 16 bits and one channel, as they lie in the file; `None` for any other file.
pub(crate) fn open_plain_mono(path: &Path) -> Result<Option<Take<BufReader<File>>>, MediaError> {
    let mut file = crate::picture::open(path)?;
    let unreadable = |source| MediaError::Unreadable { path: path.to_owned(), source };
    let Some(sound) = plain_sound(&mut file).map_err(unreadable)? else { return Ok(None) };
    if sound.audio.channels != 1 || sound.audio.codec != "pcm_s16le" {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(sound.start)).map_err(unreadable)?;
    Ok(Some(BufReader::new(file).take(sound.length)))
}

/// Samples, and where they are in the file.
#[derive(Debug, PartialEq)]
struct PlainSound {
    audio: AudioInfo,
    /// Bytes.
    start: u64,
    /// Bytes.
    length: u64,
}

fn plain_sound(file: &mut (impl Read + Seek)) -> std::io::Result<Option<PlainSound>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut head = [0; 12];
    file.seek(SeekFrom::Start(0))?;
    if end < 12 || file.read_exact(&mut head).is_err() || !head.starts_with(b"RIFF") || !head.ends_with(b"WAVE") {
        return Ok(None);
    }
    let (mut at, mut format) = (12, None);
    for _ in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk(file, at, end)? else { return Ok(None) };
        match (&id, format.as_ref()) {
            (b"fmt ", None) if size >= 16 && at + 8 + 16 <= end => {
                let mut bytes = [0; 16];
                file.read_exact(&mut bytes)?;
                format = Format::of(&bytes);
                if format.is_none() {
                    return Ok(None);
                }
            }
            (b"data", Some(format)) => {
                let (start, length) = (at + 8, u64::from(size));
                let whole = length > 0 && start + length <= end;
                if !whole || !(start + length == end || chunks_follow(file, start + length, end)?) || is_coded(file, start)? {
                    return Ok(None);
                }
                let seconds = (length / format.frame_bytes) as f64 / f64::from(format.sample_rate);
                let (sample_rate, channels, codec) = (format.sample_rate, format.channels, format.codec.to_owned());
                let audio = AudioInfo { sample_rate, channels, codec, seconds: Some(seconds) };
                return Ok(Some(PlainSound { audio, start, length }));
            }
            // In another order, or twice.
            (b"fmt " | b"data", _) => return Ok(None),
            _ => {}
        }
        at = after(at, size);
    }
    Ok(None)
}

/// How samples lie in the file.
struct Format {
    codec: &'static str,
    sample_rate: u32,
    channels: u32,
    /// Bytes of one instant.
    frame_bytes: u64,
}

impl Format {
    fn of(bytes: &[u8; 16]) -> Option<Self> {
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (channels, sample_rate, bits) = (short(2), long(4), short(14));
        let codec = match (short(0), bits) {
            (1, 8) => "pcm_u8",
            (1, 16) => "pcm_s16le",
            (1, 24) => "pcm_s24le",
            (1, 32) => "pcm_s32le",
            (3, 32) => "pcm_f32le",
            (3, 64) => "pcm_f64le",
            _ => return None,
        };
        let frame_bytes = u32::from(channels) * u32::from(bits / 8);
        let fits = (1..=2).contains(&channels) && (1000..=384_000).contains(&sample_rate);
        let consistent = u32::from(short(12)) == frame_bytes && Some(long(8)) == sample_rate.checked_mul(frame_bytes);
        let (channels, frame_bytes) = (u32::from(channels), u64::from(frame_bytes));
        (fits && consistent).then_some(Self { codec, sample_rate, channels, frame_bytes })
    }
}

fn is_coded(file: &mut (impl Read + Seek), start: u64) -> std::io::Result<bool> {
    let mut bytes = Vec::with_capacity(LOOK);
    file.seek(SeekFrom::Start(start))?;
    file.take(LOOK as u64).read_to_end(&mut bytes)?;
    Ok(bytes.windows(4).any(|window| CODED.iter().any(|sign| sign == window)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Half a second of stereo at 8 kHz with 16 bits, its bytes from `at` on replaced.
    fn sound(at: usize, bytes: &[u8]) -> Option<AudioInfo> {
        let mut file =
            b"RIFF\0\0\0\0WAVELIST\x04\0\0\0INFOfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data".to_vec();
        file.extend(16_000_u32.to_le_bytes());
        file.extend([0; 16_000]);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        plain_sound(&mut Cursor::new(file)).unwrap().map(|sound| {
            assert_eq!((sound.start, sound.length), (56, 16_000));
            sound.audio
        })
    }

    #[test]
    fn plain_files_are_read_and_others_left() {
        let found = sound(0, b"RIFF").unwrap();
        assert_eq!((found.sample_rate, found.channels, found.codec.as_str(), found.seconds), (8000, 2, "pcm_s16le", Some(0.5)));
        assert_eq!(sound(0, b"RF64"), None);
        assert_eq!(sound(32, &[0xfe, 0xff]), None, "an extended format");
        assert_eq!(sound(34, &[6]), None, "six channels");
        assert_eq!(sound(40, &[1]), None, "a rate that does not fit");
        assert_eq!(sound(52, &17_000_u32.to_le_bytes()), None, "cut short");
        assert_eq!(sound(52, &0_u32.to_le_bytes()), None, "a stream");
        assert_eq!(sound(52, &9_001_u32.to_le_bytes()), None, "samples after its end");
        assert_eq!(sound(100, &CODED[1]), None, "DTS");
        for length in 0..60 {
            assert_eq!(plain_sound(&mut Cursor::new(vec![b'R'; length])).unwrap(), None);
        }
    }
}
