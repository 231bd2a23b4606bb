//! The second look at a source: frames of segments that were too large to be kept in memory.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_media::{FrameReader, Limits, MediaError, MediaInfo};

/// A frame of a segment.
pub(crate) type DecodedFrame = Result<RgbImage, MediaError>;

/// The frames of a source once more, for segments whose frames were not kept; opened only when needed.
pub(crate) struct SegmentDecoder {
    path: PathBuf,
    info: MediaInfo,
    limits: Limits,
    reader: Option<FrameReader>,
    /// Number of the frame that the reader gives next.
    at: usize,
}

impl SegmentDecoder {
    pub(crate) fn new(path: &Path, info: MediaInfo, limits: &Limits) -> Self {
        Self { path: path.to_owned(), info, limits: *limits, reader: None, at: 0 }
    }

    /// The `count` frames from number `first` on; segments must be asked for in order.
    pub(crate) fn frames(&mut self, first: usize, count: usize) -> Result<impl Iterator<Item = DecodedFrame> + '_, MediaError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(FrameReader::open_probed(&self.path, self.info.clone(), &self.limits)?),
        };
        for frame in reader.by_ref().take(first - self.at) {
            frame?;
        }
        self.at = first + count;
        Ok(reader.by_ref().take(count))
    }
}
