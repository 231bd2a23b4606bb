//! What can go wrong with a source: it is rejected for a reason, or the whole run ends.

use std::path::Path;

use talkinghead_face::FaceError;
use talkinghead_media::MediaError;

use crate::error::DatasetError;
use crate::rejection::Reason;

/// What went wrong with a source.
pub(crate) enum SourceError {
    /// The source, or the segment at hand, is rejected.
    Rejected(Reason, String),
    /// The run ends.
    Run(DatasetError),
}

impl From<MediaError> for SourceError {
    fn from(error: MediaError) -> Self {
        let reason = match &error {
            MediaError::NotFound { .. } | MediaError::Unreadable { .. } => Reason::UnreadableFile,
            MediaError::NotAFile { .. } | MediaError::NoVideo { .. } | MediaError::NoPictures { .. } => Reason::NotAVideo,
            MediaError::NoAudio { .. } => Reason::NoAudio,
            MediaError::Undecodable { .. } => Reason::Undecodable,
            MediaError::OverLimit { .. } => Reason::OverLimit,
            MediaError::InvalidOption(_) | MediaError::WrongFrameSize { .. } => Reason::Failed,
            // Missing programs, a full disk, Ctrl-C: the next source would fare no better.
            _ => return Self::Run(error.into()),
        };
        Self::Rejected(reason, without_folders(&error))
    }
}

impl From<DatasetError> for SourceError {
    fn from(error: DatasetError) -> Self {
        Self::Run(error)
    }
}

impl From<FaceError> for SourceError {
    fn from(error: FaceError) -> Self {
        Self::Rejected(Reason::Failed, error.to_string())
    }
}

/// The message without the machine's folders: the same corpus elsewhere gives the same records.
fn without_folders(error: &MediaError) -> String {
    let text = error.to_string();
    let path = match error {
        MediaError::Undecodable { path, detail } => {
            return if detail.is_empty() { "it cannot be decoded".to_owned() } else { without_path(detail, path) };
        }
        MediaError::NotFound { path }
        | MediaError::Unreadable { path, .. }
        | MediaError::NotAFile { path }
        | MediaError::NoVideo { path }
        | MediaError::NoAudio { path }
        | MediaError::OverLimit { path, .. } => path,
        _ => return text,
    };
    without_path(&text, path)
}

pub(super) fn without_path(text: &str, path: &Path) -> String {
    text.replace(&path.display().to_string(), "the file")
}
