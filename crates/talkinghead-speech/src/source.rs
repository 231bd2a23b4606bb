//! Where samples come from, as often as they are needed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use talkinghead_media::{AudioReader, ChannelChoice, Limits, MediaError, probe};

use crate::SpeechError;

/// A recording that can be read from its start several times: statistics first, features after.
#[derive(Clone, Debug)]
pub enum AudioSource {
    /// A file that ffmpeg reads; decoded anew for each pass, so that memory stays flat.
    File {
        /// Sound or video file.
        path: PathBuf,
        /// What the file may hold at most.
        limits: Limits,
        /// Which of its channels are heard.
        channels: ChannelChoice,
    },
    /// Samples at 16 kHz, mono, -1..1. (A vector, which need not be copied to be shared: three minutes are 12 MB.)
    Samples(Arc<Vec<f32>>),
}

impl AudioSource {
    /// Some channels of a file; see [`crate::choose_channels`].
    pub fn file(path: &Path, limits: &Limits, channels: ChannelChoice) -> Self {
        Self::File { path: path.to_owned(), limits: *limits, channels }
    }

    /// Blocks of samples from the start.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn blocks(&self) -> Result<Blocks, SpeechError> {
        Ok(match self {
            Self::File { path, limits, channels } => {
                let info = probe(path, limits)?;
                Blocks::File(Box::new(AudioReader::open_channels(path, info, limits, *channels)?))
            }
            Self::Samples(samples) => Blocks::Samples { samples: samples.clone(), at: 0 },
        })
    }
}

/// Blocks of samples, in order.
pub(crate) enum Blocks {
    File(Box<AudioReader>),
    Samples { samples: Arc<Vec<f32>>, at: usize },
}

impl Iterator for Blocks {
    type Item = Result<Vec<f32>, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Samples { samples, at } => {
                let end = samples.len().min(*at + 16_000);
                let block = samples[*at..end].to_vec();
                *at = end;
                (!block.is_empty()).then_some(Ok(block))
            }
        }
    }
}
