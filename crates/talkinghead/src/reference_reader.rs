//! The second reading of a reference's frames.

use std::path::Path;

use image::RgbImage;
use talkinghead_media::{FrameReader, MediaError};

use crate::reference_view::ReferenceView;

/// Frames of a reference by rising number.
pub(crate) struct ReferenceReader<'a> {
    path: &'a Path,
    view: ReferenceView,
    source: ReaderSource<'a>,
    next: usize,
}

enum ReaderSource<'a> {
    Kept(&'a [RgbImage]),
    Decoded(Box<FrameReader>),
}

impl<'a> ReferenceReader<'a> {
    /// Frames that were kept, as they are looked at.
    pub(crate) fn kept(path: &'a Path, frames: &'a [RgbImage]) -> Self {
        Self { path, view: ReferenceView::default(), source: ReaderSource::Kept(frames), next: 0 }
    }

    /// Frames that are decoded once more, and looked at as `view` says.
    pub(crate) fn decoded(path: &'a Path, view: ReferenceView, frames: FrameReader) -> Self {
        Self { path, view, source: ReaderSource::Decoded(Box::new(frames)), next: 0 }
    }

    /// Frame `number`, which the first look has seen, turned and made smaller as it was then.
    pub(crate) fn frame(&mut self, number: usize) -> Result<RgbImage, MediaError> {
        let frame = match &mut self.source {
            ReaderSource::Kept(frames) => frames.get(number).cloned(),
            ReaderSource::Decoded(reader) => {
                let skipped = number.saturating_sub(self.next);
                self.next = number + 1;
                for frame in reader.by_ref().take(skipped) {
                    frame?;
                }
                reader.next().transpose()?.map(|frame| self.view.apply(frame))
            }
        };
        frame.ok_or_else(|| {
            let detail = format!("frame {number} was there before and is missing now");
            MediaError::Undecodable { path: self.path.to_owned(), detail }
        })
    }
}
