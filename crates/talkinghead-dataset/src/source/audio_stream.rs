//! The sound of a source, read once from front to back.

use std::path::Path;

use talkinghead_media::{AudioReader, Limits, MediaError, MediaInfo};

/// The sound of a source, given out in parts that lie one after the other.
pub(crate) struct AudioStream {
    reader: AudioReader,
    buffer: Vec<f32>,
    /// Sample number of the buffer's start.
    start: usize,
    ended: bool,
}

impl AudioStream {
    pub(crate) fn open(path: &Path, info: MediaInfo, limits: &Limits) -> Result<Self, MediaError> {
        Ok(Self { reader: AudioReader::open_probed(path, info, limits)?, buffer: Vec::new(), start: 0, ended: false })
    }

    /// Samples `from..to`; those before the start or past the end are left out, so the result may be shorter. What lies
    /// before `from` is forgotten.
    pub(crate) fn samples(&mut self, from: usize, to: usize) -> Result<&[f32], MediaError> {
        while !self.ended && self.start + self.buffer.len() < to {
            match self.reader.next() {
                Some(block) => self.buffer.extend(block?),
                None => self.ended = true,
            }
        }
        let forget = from.saturating_sub(self.start).min(self.buffer.len());
        self.buffer.drain(..forget);
        self.start += forget;
        let end = to.saturating_sub(self.start).min(self.buffer.len());
        Ok(&self.buffer[..end])
    }
}
