//! Motion tracks as files: JSON, one line a frame, made to be read and edited by people and scripts.
//!
//! ```json
//! {"format": "talkinghead motion track", "version": 1, "frame_rate": 25,
//!  "source": {"audio": "speech.wav", "seed": 0},
//!  "frames": [
//! {"yaw":0.1,"pitch":-0.2,"roll":0,"translation":[0,0],"scale":1,"opening":0.08,"width":0.01,"shape":[0,0,0,0,0,0,0,0],"brow":0,"blink":[0,0],"gaze":[0,0]}
//! ]}
//! ```
//!
//! An optional list `"keyframes": [{"time": 2.4, "yaw": 10}]` is met when the file is read ([`super::Keyframe`]); it is not written.
//!
//! Entries that are missing from a frame are at rest (0; `scale` 1); unknown names are errors, so that a misspelt one is
//! noticed. See [`super::FIELDS`] for units and ranges.

use talkinghead_media::FRAME_RATE;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::{FIELDS, MotionFrame, MotionTrack, reading};
use crate::MotionError;

/// The `format` entry of every file.
pub const FORMAT_NAME: &str = "talkinghead motion track";
/// The `version` entry that this program writes and reads.
pub const FORMAT_VERSION: u32 = 1;
/// Largest file that is read: 1 GiB.
pub const MAX_TRACK_BYTES: u64 = 1 << 30;
/// Most frames that are read: 24 hours.
pub const MAX_TRACK_FRAMES: usize = 24 * 3600 * FRAME_RATE as usize;

impl MotionTrack {
    /// Reads a track from a file and checks every number.
    ///
    /// # Errors
    /// [`MotionError::Unreadable`], [`MotionError::TooLarge`], or [`MotionError::Invalid`] with the frame and field.
    pub fn read(path: &Path) -> Result<Self, MotionError> {
        let text = read_limited(path, MAX_TRACK_BYTES)?;
        Self::from_json(&text).map_err(|detail| MotionError::Invalid { path: path.to_owned(), detail })
    }

    /// Parses a track; the error says what is wrong in one line.
    ///
    /// # Errors
    /// A description with frame, field and line number.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        reading::parse(text)
    }

    /// The track as the text of its file.
    pub fn to_json(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail, and only ASCII and serde_json's UTF-8 are written.
        let _ = self.write_json(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Writes the track whole or not at all: a file of the same name is replaced only by a finished one.
    ///
    /// # Errors
    /// [`MotionError::Media`] when the system refuses; [`MotionError::OutOfRange`] when a number could not be read again.
    pub fn write(&self, path: &Path) -> Result<(), MotionError> {
        self.validate()?;
        Ok(talkinghead_media::write_file(path, self.to_json().as_bytes())?)
    }

    fn write_json(&self, out: &mut impl Write) -> std::io::Result<()> {
        let source = serde_json::to_string(&self.source)?;
        writeln!(out, "{{\"format\": \"{FORMAT_NAME}\", \"version\": {FORMAT_VERSION}, \"frame_rate\": {FRAME_RATE},")?;
        writeln!(out, " \"source\": {source},")?;
        writeln!(out, " \"frames\": [")?;
        for (index, frame) in self.frames.iter().enumerate() {
            write_frame(out, frame)?;
            writeln!(out, "{}", if index + 1 < self.frames.len() { "," } else { "" })?;
        }
        writeln!(out, "]}}")
    }
}

/// The content of a regular file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, MotionError> {
    let unreadable = |source| MotionError::Unreadable { path: path.to_owned(), source };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(unreadable(std::io::Error::other("it is not a regular file")));
    }
    let too_large = |bytes| MotionError::TooLarge { path: path.to_owned(), bytes, limit };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    let mut text = Vec::with_capacity(meta.len() as usize);
    let file = File::open(path).map_err(unreadable)?;
    file.take(limit + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > limit {
        return Err(too_large(text.len() as u64));
    }
    Ok(text)
}

fn write_frame(out: &mut impl Write, frame: &MotionFrame) -> std::io::Result<()> {
    for (index, field) in FIELDS.iter().enumerate() {
        write!(out, "{}\"{}\":", if index == 0 { '{' } else { ',' }, field.name)?;
        let values = field.values(frame);
        if field.single {
            write_number(out, values[0])?;
            continue;
        }
        for (k, value) in values.iter().enumerate() {
            write!(out, "{}", if k == 0 { '[' } else { ',' })?;
            write_number(out, *value)?;
        }
        write!(out, "]")?;
    }
    write!(out, "}}")
}

/// The shortest decimal that reads back as the same number; no "-0".
fn write_number(out: &mut impl Write, value: f32) -> std::io::Result<()> {
    write!(out, "{}", if value == 0.0 { 0.0 } else { value })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::{Expression, TrackSource};

    fn sample() -> MotionTrack {
        let mut frames = vec![MotionFrame::default(); 3];
        frames[1].head_pose.yaw = -3.2512;
        frames[1].head_pose.scale = 1.01;
        frames[2].expression = Expression { opening: 0.1234, shape: [0.5; 8], ..Expression::NEUTRAL };
        frames[2].blink = [1.0, 0.5];
        let source = TrackSource { audio: Some("a \"quoted\" name.wav".into()), seed: Some(7), ..Default::default() };
        MotionTrack { source, frames }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let track = sample();
        assert_eq!(MotionTrack::from_json(track.to_json().as_bytes()).unwrap(), track);
        assert_eq!(track.to_json().lines().count(), 3 + 3 + 1, "one line a frame");
    }

    #[test]
    fn a_file_appears_whole_and_leaves_nothing_beside_it() {
        let folder = std::env::temp_dir().join(format!("talkinghead-track-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("track.json");
        sample().write(&path).unwrap();
        let mut wrong = sample();
        wrong.frames[0].head_pose.pitch = f32::NAN;
        let error = wrong.write(&path).unwrap_err().to_string();
        assert!(error.contains("frame 0") && error.contains("pitch") && error.contains("NaN"), "{error}");
        assert_eq!(MotionTrack::read(&path).unwrap(), sample(), "the good file is untouched");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn rounding_makes_a_track_equal_to_its_file() {
        let mut track = sample();
        track.frames[0].head_pose.pitch = 1.0 / 3.0;
        let track = track.rounded();
        assert!(track.to_json().contains("\"pitch\":0.3333,"));
        assert_eq!(MotionTrack::from_json(track.to_json().as_bytes()).unwrap(), track);
    }
}
