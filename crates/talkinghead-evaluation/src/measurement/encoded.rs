//! The frames that are measured: a temporary file, and as many of them as may be held in memory, so that they are not decoded again for
//! every pass.

use image::RgbImage;
use talkinghead_media::{FrameReader, Limits, MediaError, MediaInfo, probe};
use tempfile::TempPath;

/// Bytes of the frames that are held of one video: 26 s of 256 x 256 pixels. Longer videos are decoded again for every pass.
const MOST_HELD: usize = 128 << 20;

/// An encoded video.
#[derive(Debug)]
pub(crate) struct EncodedFrames {
    file: TempPath,
    info: MediaInfo,
    limits: Limits,
    held: Vec<RgbImage>,
    /// Whether `held` has all frames.
    complete: bool,
}

impl EncodedFrames {
    /// Takes a file over.
    pub fn open(file: TempPath, limits: &Limits) -> Result<Self, MediaError> {
        let info = probe(&file, limits)?;
        Ok(Self { file, info, limits: *limits, held: Vec::new(), complete: false })
    }

    /// The frames from the start, decoded, and held as they go by.
    pub fn first_pass(&mut self) -> Result<impl Iterator<Item = Result<RgbImage, MediaError>> + '_, MediaError> {
        let mut reader = FrameReader::open_probed(&self.file, self.info.clone(), &self.limits)?;
        let (mut bytes, mut room) = (0, true);
        Ok(std::iter::from_fn(move || {
            let frame = reader.next();
            match &frame {
                Some(Ok(frame)) if room => {
                    bytes += frame.as_raw().len();
                    room = bytes <= MOST_HELD;
                    if room { self.held.push(frame.clone()) } else { self.held = Vec::new() }
                }
                None => self.complete = room,
                _ => {}
            }
            frame
        }))
    }

    /// The frames from the start.
    pub fn frames(&self) -> Result<Frames<'_>, MediaError> {
        if self.complete {
            return Ok(Frames::Held(self.held.iter()));
        }
        Ok(Frames::Decoded(FrameReader::open_probed(&self.file, self.info.clone(), &self.limits)?))
    }

    /// Gives the memory back; the file stays.
    pub fn let_go(&mut self) {
        (self.held, self.complete) = (Vec::new(), false);
    }
}

/// Frames one after the other.
pub(crate) enum Frames<'a> {
    /// From memory.
    Held(std::slice::Iter<'a, RgbImage>),
    /// From the file.
    Decoded(FrameReader),
}

impl Iterator for Frames<'_> {
    type Item = Result<RgbImage, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Held(frames) => frames.next().cloned().map(Ok),
            Self::Decoded(reader) => reader.next(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use talkinghead_media::{VideoOptions, VideoWriter};

    #[test]
    fn held_frames_are_those_of_the_file() {
        let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap().into_temp_path();
        let options = VideoOptions { width: 64, height: 48, crf: Some(18), audio: None };
        let mut writer = VideoWriter::create(&file, &options).unwrap();
        (0..7).for_each(|k| writer.write(&RgbImage::from_pixel(64, 48, image::Rgb([k * 30, 90, 200]))).unwrap());
        writer.finish().unwrap();
        let mut encoded = EncodedFrames::open(file, &Limits::default()).unwrap();
        let collect = |encoded: &EncodedFrames| encoded.frames().unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let decoded = collect(&encoded);
        assert_eq!(decoded.len(), 7);
        assert_eq!(encoded.first_pass().unwrap().count(), 7);
        assert!(encoded.complete && collect(&encoded) == decoded);
        encoded.let_go();
        assert!(!encoded.complete && collect(&encoded) == decoded);
        // A pass that ends early holds nothing that would be taken for the whole.
        assert_eq!(encoded.first_pass().unwrap().take(3).count(), 3);
        assert!(!encoded.complete);
    }
}
