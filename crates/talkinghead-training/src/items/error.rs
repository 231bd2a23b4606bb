//! What can go wrong with the data of a training.

use std::path::PathBuf;

use talkinghead_dataset::DatasetError;
use talkinghead_media::MediaError;
use talkinghead_synthesis::SynthesisError;

/// Errors of training data. `Display` is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// The folder holds no clips.
    #[error("{} holds no clips{}", path.display(), if *videos > 0 { format!(", but {videos} videos that are none") } else { String::new() })]
    NoClips {
        /// The folder.
        path: PathBuf,
        /// Other videos in it.
        videos: usize,
    },
    /// The folder holds clips and something else.
    #[error("{} holds {clips} clips and also {videos} videos that are none, such as {}", path.display(), example.display())]
    Mixed {
        /// The folder.
        path: PathBuf,
        /// Clips.
        clips: usize,
        /// Other videos.
        videos: usize,
        /// One of those.
        example: PathBuf,
    },
    /// No clip is long enough.
    #[error("none of the {clips} clips of {} has the {wanted} usable frames that {shots} shots and {} need; the longest has {longest}", path.display(), if *targets == 1 { "a target".to_owned() } else { format!("{targets} consecutive targets") })]
    TooShort {
        /// The folder.
        path: PathBuf,
        /// Clips.
        clips: usize,
        /// Frames that are needed.
        wanted: usize,
        /// References an item.
        shots: usize,
        /// Consecutive targets an item has at least.
        targets: usize,
        /// Usable frames of the longest clip.
        longest: usize,
    },
    /// The network warps projections and a clip has none.
    #[error("{} has no projection video, which a network that warps the projection learns from", clip)]
    NoProjection {
        /// The clip.
        clip: String,
    },
    /// A frame cannot be read. The item is passed over.
    #[error("frame {frame} of {} cannot be read: {reason}", video.display())]
    Frame {
        /// The video.
        video: PathBuf,
        /// The frame, counted from 0.
        frame: usize,
        /// Why.
        reason: String,
    },
    /// Too many frames cannot be read.
    #[error("{skipped} of {items} items could not be read, more than {share:.0} %; the last: {last}", share = 100.0 * share)]
    Unreadable {
        /// Items passed over.
        skipped: u64,
        /// Items wanted.
        items: u64,
        /// The limit, a share.
        share: f64,
        /// The last failure.
        last: String,
    },
    /// A clip folder.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Frames in or the cache out.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Tensors.
    #[error(transparent)]
    Network(#[from] SynthesisError),
    /// A thread that makes items ended early.
    #[error("a thread that reads clips ended unexpectedly")]
    Worker,
}

impl ItemError {
    /// Whether another item may be taken instead.
    pub fn is_of_one_frame(&self) -> bool {
        matches!(self, Self::Frame { .. })
    }

    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Dataset(error) => return error.hint(),
            Self::Media(error) => return error.hint(),
            Self::Network(error) => return error.hint(),
            Self::NoClips { .. } => {
                "make clips first: `talkinghead preprocess --dataset videos --input VIDEOS --output CLIPS`, then --data CLIPS"
            }
            Self::Mixed { .. } => "give --data a folder of clips alone: the output of `talkinghead preprocess`",
            Self::TooShort { targets: 1, .. } => "lower --shots, or preprocess longer recordings",
            Self::TooShort { .. } => "lower --shots or --target-frames, or preprocess longer recordings",
            Self::NoProjection { .. } => "preprocess the clip anew, or train without it: --warp-ani=false",
            Self::Frame { .. } | Self::Unreadable { .. } => {
                "check the videos with `talkinghead inspect`, preprocess them anew, or raise data.unreadable_limit in the recipe"
            }
            Self::Worker => "run the same command with --resume",
        };
        Some(hint.to_owned())
    }
}
