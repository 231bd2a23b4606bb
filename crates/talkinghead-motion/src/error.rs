//! What can go wrong with motion tracks, and what a person can do about it.

use std::path::PathBuf;

/// An error about a motion track. `Display` is one line; [`MotionError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MotionError {
    /// The track's file cannot be read.
    #[error("cannot read the motion track {}: {}", path.display(), plain(source))]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Media(#[from] talkinghead_media::MediaError),
    /// The file is larger than any track may be.
    #[error("{} has {bytes} bytes; a motion track has at most {limit}", path.display())]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// [`crate::MAX_TRACK_BYTES`].
        limit: u64,
    },
    /// The content is no motion track.
    #[error("{} is no valid motion track: {detail}", path.display())]
    Invalid {
        /// The path as given.
        path: PathBuf,
        /// What is wrong, with the frame and the field where that is known.
        detail: String,
    },
    /// A number outside its range.
    #[error("frame {frame}, field `{field}`: {found} is not between {} and {}", range.0, range.1)]
    OutOfRange {
        /// Number of the frame, from 0.
        frame: usize,
        /// Name of the field in the file.
        field: &'static str,
        /// What was found; may be NaN or infinite.
        found: f64,
        /// Smallest and largest allowed value.
        range: (f64, f64),
    },
    /// A track without frames, or landmarks without a single frame.
    #[error("the motion track has no frames")]
    Empty,
    /// An editing step was asked for something that makes no sense.
    #[error("{0}")]
    InvalidEdit(String),
}

impl MotionError {
    /// What a person can do about it; `None` when the message says it all.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "check the spelling; `talkinghead motion --audio SPEECH.wav --output track.json` makes a track"
            }
            Self::Unreadable { .. } => "check the path and its permissions",
            Self::Media(error) => return error.hint(),
            Self::Invalid { path, .. } if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => {
                "give a .csv of ARKit blendshapes, one row a frame, as the Live Link Face app writes it"
            }
            Self::Invalid { .. } => {
                "correct the file, or let `talkinghead motion --motion TRACK --repair --output FIXED.json` mend what can be mended"
            }
            Self::TooLarge { .. } => {
                "`talkinghead motion --audio SPEECH.wav --output track.json` writes a valid one to start from"
            }
            Self::OutOfRange { .. } => "correct that number in the file; every other frame was left as it is",
            Self::Empty => "give a recording or a track with at least one frame (1/25 of a second)",
            Self::InvalidEdit(_) => "`talkinghead motion --help` tells what each edit takes",
        };
        Some(text.to_owned())
    }
}

/// The system's reason without its error number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}
