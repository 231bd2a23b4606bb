//! A source as pieces: its frames from cut to cut, and the sound that belongs to them, read once from front to back.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::FaceError;
use talkinghead_media::{AudioReader, FRAME_RATE, FrameReader, Limits, MediaError, MediaInfo, SAMPLE_RATE};

use crate::shots::ShotDetector;

/// Samples of sound a frame lasts.
pub(crate) const SAMPLES_PER_FRAME: usize = (SAMPLE_RATE / FRAME_RATE) as usize;

/// Frames of a piece up to so many bytes are kept from the tracking to the writing; of larger pieces they are decoded twice.
const KEPT_BYTES: usize = 96 << 20;

/// The frames of a source, given out piece by piece.
pub(crate) struct PieceReader {
    frames: FrameReader,
    detector: ShotDetector,
    /// The first frame of the next piece, read to see that it begins one.
    held: Option<RgbImage>,
    most_frames: usize,
    ended: bool,
    failure: Option<MediaError>,
}

impl PieceReader {
    pub(crate) fn open(path: &Path, info: MediaInfo, limits: &Limits, most_frames: usize) -> Result<Self, MediaError> {
        let mut reader = Self {
            frames: FrameReader::open_probed(path, info, limits)?,
            detector: ShotDetector::new(),
            held: None,
            most_frames,
            ended: false,
            failure: None,
        };
        reader.held = reader.read();
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

    /// The next piece; `None` at the end of the source.
    pub(crate) fn next_piece(&mut self) -> Option<Piece<'_>> {
        self.held.is_some().then(|| Piece { reader: self, count: 0, over: false, kept: Some(KeptFrames::default()) })
    }

    /// Whether another piece follows.
    pub(crate) fn has_more(&self) -> bool {
        self.held.is_some()
    }

    /// What went wrong without ending the reading; complete once the last piece is.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.frames.warnings()
    }

    /// What broke the reading off, if anything did.
    pub(crate) fn take_failure(&mut self) -> Option<MediaError> {
        self.failure.take()
    }
}

/// The frames of one piece. Must be read to its end before the next piece is asked for.
pub(crate) struct Piece<'a> {
    reader: &'a mut PieceReader,
    /// Frames given so far.
    pub(crate) count: usize,
    over: bool,
    /// `None` once they are too many.
    kept: Option<KeptFrames>,
}

#[derive(Default)]
struct KeptFrames {
    frames: Vec<RgbImage>,
    bytes: usize,
}

impl Piece<'_> {
    /// Ends the piece: passes over what was not read of it; gives its frames again, if they are few enough to have been kept.
    pub(crate) fn finish(mut self) -> (usize, Option<Vec<RgbImage>>) {
        while self.next().is_some() {}
        (self.count, self.kept.map(|kept| kept.frames))
    }

    fn keep(&mut self, frame: &RgbImage) {
        let Some(kept) = &mut self.kept else { return };
        kept.bytes += frame.as_raw().len();
        if kept.bytes > KEPT_BYTES {
            self.kept = None;
        } else {
            kept.frames.push(frame.clone());
        }
    }
}

impl Iterator for Piece<'_> {
    // Reading errors end the source, not the tracking of what was read: see `take_failure`.
    type Item = Result<RgbImage, FaceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let frame = self.reader.held.take()?;
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
            self.reader.held = Some(next);
        } else {
            self.over = true;
        }
        self.keep(&frame);
        Some(Ok(frame))
    }
}

/// The frames of a source once more, for pieces whose frames were not kept; opened only when needed.
pub(crate) struct Replay {
    path: PathBuf,
    info: MediaInfo,
    limits: Limits,
    reader: Option<FrameReader>,
    /// Number of the frame that the reader gives next.
    at: usize,
}

impl Replay {
    pub(crate) fn new(path: &Path, info: MediaInfo, limits: &Limits) -> Self {
        Self { path: path.to_owned(), info, limits: *limits, reader: None, at: 0 }
    }

    /// The `count` frames from number `first` on; pieces must be asked for in order.
    pub(crate) fn frames(&mut self, first: usize, count: usize) -> Result<impl Iterator<Item = Picture> + '_, MediaError> {
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

/// A frame of a piece.
pub(crate) type Picture = Result<RgbImage, MediaError>;

/// The sound of a source, given out in stretches that lie one after the other.
pub(crate) struct SoundStream {
    reader: AudioReader,
    buffer: Vec<f32>,
    /// Sample number of the buffer's start.
    start: usize,
    ended: bool,
}

impl SoundStream {
    pub(crate) fn open(path: &Path, info: MediaInfo, limits: &Limits) -> Result<Self, MediaError> {
        Ok(Self { reader: AudioReader::open_probed(path, info, limits)?, buffer: Vec::new(), start: 0, ended: false })
    }

    /// Samples `from..to`; those before the start or past the end are left out, so the result may be shorter. What lies
    /// before `from` is forgotten.
    pub(crate) fn stretch(&mut self, from: usize, to: usize) -> Result<&[f32], MediaError> {
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
