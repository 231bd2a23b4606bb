//! Why something in a corpus became no clip.

use serde::{Deserialize, Serialize};

/// The reasons in `rejected.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A folder that may not be read.
    UnreadableFolder,
    /// A folder that links back to one above it.
    SymlinkLoop,
    /// A link that leads nowhere.
    BrokenLink,
    /// A file that may not be read.
    UnreadableFile,
    /// A file of zero bytes.
    EmptyFile,
    /// Named like a video, but its content is none.
    NotAVideo,
    /// The content cannot be decoded.
    Undecodable,
    /// The content is damaged in places or breaks off; what could be read was used.
    Damaged,
    /// Over the limits of length or size.
    OverLimit,
    /// A name or place that the corpus' layout does not know.
    UnknownLayout,
    /// No sound track, and no sound file where the corpus keeps it.
    NoAudio,
    /// No face in any frame.
    NoFace,
    /// Shorter than the shortest clip allowed.
    TooShort,
    /// The face is too small.
    FaceTooSmall,
    /// The face is out of focus or was resize_bilinear.
    Blurred,
    /// The face is lost or covered in too many frames.
    FaceLost,
    /// The head is turned too far in too many frames.
    ExtremePose,
    /// The face leaves the picture in too many frames.
    FaceCutOff,
    /// The face is too dark or too bright in too many frames.
    Exposure,
    /// Another face nearly as large is in view.
    SeveralFaces,
    /// The face becomes another person's without a cut.
    IdentityChanges,
    /// The sound is too quiet.
    TooQuiet,
    /// Too much of the sound is clipped.
    AudioClipped,
    /// Lips and sound do not belong together.
    OutOfSync,
    /// The same recording as an earlier clip.
    Duplicate,
    /// Something in the processing failed that should not.
    Failed,
}

impl Reason {
    /// For people: one short clause.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::UnreadableFolder => "the folder may not be read",
            Self::SymlinkLoop => "the folder links back to one above it",
            Self::BrokenLink => "the link leads nowhere",
            Self::UnreadableFile => "the file may not be read",
            Self::EmptyFile => "the file is empty",
            Self::NotAVideo => "the file is no video",
            Self::Undecodable => "the file cannot be decoded",
            Self::Damaged => "the file is damaged in places",
            Self::OverLimit => "the file is over the limits",
            Self::UnknownLayout => "the file's place is none of the corpus' layout",
            Self::NoAudio => "there is no sound",
            Self::NoFace => "no face was found",
            Self::TooShort => "too short",
            Self::FaceTooSmall => "the face is too small",
            Self::Blurred => "the face is blurred",
            Self::FaceLost => "the face is lost or covered too often",
            Self::ExtremePose => "the head is turned away too often",
            Self::FaceCutOff => "the face leaves the picture too often",
            Self::Exposure => "the face is too dark or too bright",
            Self::SeveralFaces => "several faces of like size are in view",
            Self::IdentityChanges => "the face becomes another person's",
            Self::TooQuiet => "the sound is too quiet",
            Self::AudioClipped => "the sound is clipped",
            Self::OutOfSync => "lips and sound do not belong together",
            Self::Duplicate => "the same recording as another clip",
            Self::Failed => "the processing failed",
        }
    }
}

/// One line of `rejected.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The file or folder, relative to the corpus, written as [`crate::encode_path`] does.
    pub source: String,
    /// First frame (25 frames/s) of the segment; `None` for the whole source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_frame: Option<usize>,
    /// Frames of the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<usize>,
    /// Why.
    pub reason: Reason,
    /// What was found, for people.
    pub detail: String,
    /// The measured value, where the reason is a number against a threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// The threshold it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

impl Rejection {
    /// A rejection of a whole source.
    pub fn of_source(source: impl Into<String>, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            first_frame: None,
            frames: None,
            reason,
            detail: detail.into(),
            measured: None,
            threshold: None,
        }
    }

    /// A rejection of a segment of a source: `frames` frames (25 frames/s) from number `first` on.
    pub fn of_segment(source: impl Into<String>, first: usize, frames: usize, reason: Reason, detail: impl Into<String>) -> Self {
        Self { first_frame: Some(first), frames: Some(frames), ..Self::of_source(source, reason, detail) }
    }
}
