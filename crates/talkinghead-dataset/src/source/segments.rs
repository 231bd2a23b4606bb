//! The frames of a source from cut to cut, read once from front to back: a shot, or a part of a long one, is a segment.

use std::path::Path;

use image::RgbImage;
use talkinghead_face::FaceError;
use talkinghead_media::{FrameReader, Limits, MediaError, MediaInfo};

use super::shots::ShotDetector;

/// Frames of a segment up to so many bytes are kept from the tracking to the writing; those of larger segments are decoded twice.
const BUFFER_BYTES: usize = 96 << 20;

/// The frames of a source, given out segment by segment.
pub(crate) struct SegmentReader {
    frames: FrameReader,
    detector: ShotDetector,
    /// The first frame of the next segment, read to see that it begins one.
    lookahead: Option<RgbImage>,
    most_frames: usize,
    ended: bool,
    failure: Option<MediaError>,
}

impl SegmentReader {
    pub(crate) fn open(path: &Path, info: MediaInfo, limits: &Limits, most_frames: usize) -> Result<Self, MediaError> {
        let mut reader = Self {
            frames: FrameReader::open_probed(path, info, limits)?,
            detector: ShotDetector::new(),
            lookahead: None,
            most_frames,
            ended: false,
            failure: None,
        };
        reader.lookahead = reader.read();
        Ok(reader)
    }

    fn read(&mut self) -> Option<RgbImage> {
        if self.ended {
            return None;
        }
        match self.frames.next() {
            Some(Ok(frame)) => Some(frame),
            Some(Err(error)) => {
                self.ended = true;
                self.failure = Some(error);
                None
            }
            None => {
                self.ended = true;
                None
            }
        }
    }

    /// The next segment; `None` at the end of the source.
    pub(crate) fn next_segment(&mut self) -> Option<Segment<'_>> {
        self.lookahead.is_some().then(|| Segment {
            reader: self,
            count: 0,
            over: false,
            buffered: Some(BufferedFrames::default()),
        })
    }

    /// Whether another segment follows.
    pub(crate) fn has_more(&self) -> bool {
        self.lookahead.is_some()
    }

    /// What went wrong without ending the reading; complete once the last segment is.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.frames.warnings()
    }

    /// What broke the reading off, if anything did.
    pub(crate) fn take_failure(&mut self) -> Option<MediaError> {
        self.failure.take()
    }
}

/// The frames of one segment. Must be read to its end before the next segment is asked for.
pub(crate) struct Segment<'a> {
    reader: &'a mut SegmentReader,
    /// Frames given so far.
    pub(crate) count: usize,
    over: bool,
    /// `None` once they are too many.
    buffered: Option<BufferedFrames>,
}

#[derive(Default)]
struct BufferedFrames {
    frames: Vec<RgbImage>,
    bytes: usize,
}

impl Segment<'_> {
    /// Ends the segment: passes over what was not read of it; gives its frames again, if they are few enough to have been buffered.
    pub(crate) fn finish(mut self) -> (usize, Option<Vec<RgbImage>>) {
        while self.next().is_some() {}
        (self.count, self.buffered.map(|buffered| buffered.frames))
    }

    fn buffer(&mut self, frame: &RgbImage) {
        let Some(buffered) = &mut self.buffered else { return };
        buffered.bytes += frame.as_raw().len();
        if buffered.bytes > BUFFER_BYTES {
            self.buffered = None;
        } else {
            buffered.frames.push(frame.clone());
        }
    }
}

impl Iterator for Segment<'_> {
    // Reading errors end the source, not the tracking of what was read: see `take_failure`.
    type Item = Result<RgbImage, FaceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let frame = self.reader.lookahead.take()?;
        if self.count == 0 {
            // Only the very first frame has not been looked at as the one after another.
            if self.reader.detector.is_new() {
                self.reader.detector.begins_shot(&frame);
            }
        }
        self.count += 1;
        if let Some(next) = self.reader.read() {
            let cut = self.reader.detector.begins_shot(&next);
            self.over = cut || self.count >= self.reader.most_frames;
            self.reader.lookahead = Some(next);
        } else {
            self.over = true;
        }
        self.buffer(&frame);
        Some(Ok(frame))
    }
}
