//! Videos that need no generator: what nobody should be worse than, and what nobody can be better than.

use std::path::Path;

use image::RgbImage;
use talkinghead_media::{FrameReader, Limits, VideoOptions, VideoWriter, probe};

use crate::EvaluationError;

/// Of the blur, in hundredths of the longer side.
const BLUR: f32 = 0.8;
/// Frames of 40 ms.
const LATE: usize = 3;

/// A video made from the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The same, encoded again (H.264, constant rate factor 23).
    Reencoded,
    /// Its first frame throughout.
    StillImage,
    /// Blurred: a Gaussian with a deviation of 0.8 % of the longer side.
    Blurred,
    /// Its frames 120 ms late, the sound in its place.
    Delayed,
}

impl Baseline {
    /// Makes it, with the clip's sound.
    ///
    /// # Errors
    /// The clip cannot be read or the video not written.
    pub fn make(self, clip: &Path, output: &Path) -> Result<(), EvaluationError> {
        let limits = Limits::default();
        let info = probe(clip, &limits)?;
        let (width, height) = info.size.ok_or_else(|| EvaluationError::NotAVideo { path: clip.to_owned() })?;
        let crf = if self == Self::Reencoded { 23 } else { 18 };
        let audio = info.audio.is_some().then(|| clip.to_owned());
        let mut writer = VideoWriter::create(output, &VideoOptions { width, height, crf: Some(crf), audio })?;
        let mut first: Option<RgbImage> = None;
        let mut waiting = std::collections::VecDeque::new();
        for frame in FrameReader::open_probed(clip, info, &limits)? {
            let frame = frame?;
            let first = first.get_or_insert_with(|| frame.clone());
            match self {
                Self::Reencoded => writer.write(&frame)?,
                Self::StillImage => writer.write(first)?,
                Self::Blurred => writer.write(&image::imageops::blur(&frame, BLUR / 100.0 * width.max(height) as f32))?,
                Self::Delayed => {
                    waiting.push_back(frame);
                    let late = if waiting.len() > LATE { waiting.pop_front() } else { None };
                    writer.write(late.as_ref().unwrap_or(first))?;
                }
            }
        }
        writer.finish()?;
        Ok(())
    }
}
