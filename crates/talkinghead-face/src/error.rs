//! What can go wrong when looking for a face, each with a word on what to do.

/// Errors of this crate.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// No face was found in the picture, or in any frame of the video.
    #[error("no face found in {place}")]
    NoFace {
        /// "the picture", or "any of N frames".
        place: String,
    },
    /// The face is too small to work with.
    #[error("the face is too small: {:.1} pixels between the eyes, {wanted:.0} are needed", (.found * 10.0).floor() / 10.0)]
    FaceTooSmall {
        /// Interocular distance in pixels.
        found: f32,
        /// The least interocular distance in pixels.
        wanted: f32,
    },
    /// What should move is not to be seen.
    #[error("the mouth {} {place}", if *.covered { "is covered in" } else { "lies outside" })]
    NoMouth {
        /// "the picture", or "any of N frames".
        place: String,
        /// Something is in front of it; else it lies beyond the picture's edge.
        covered: bool,
    },
    /// [`crate::FaceChoice::Index`] names a face that is not there.
    #[error("face {wanted} was asked for, but only {found} {} found", if *.found == 1 { "was" } else { "were" })]
    NoSuchFace {
        /// The number that was asked for, counted from 0, left to right.
        wanted: usize,
        /// How many faces were found.
        found: usize,
    },
    /// Not the 478 points of the landmark network.
    #[error("a face has 478 landmarks, found {found}")]
    LandmarkCount {
        /// Points given.
        found: usize,
    },
    /// The picture is larger or smaller than what can be handled.
    #[error("a picture of {width}x{height} pixels is outside the limits ({least} to {most} pixels a side)")]
    PictureSize {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        least: u32,
        /// Pixels.
        most: u32,
    },
    /// A network could not be loaded or run; its files are part of the program, so this is a defect.
    #[error("the network `{network}` failed: {reason}")]
    Network {
        /// Which network.
        network: &'static str,
        /// What the runtime said.
        reason: String,
    },
    /// A frame could not be read; the reader's own words.
    #[error("{message}")]
    Frame {
        /// The reader's error.
        message: String,
        /// The reader's hint.
        hint: Option<String>,
    },
}

impl FaceError {
    /// One line on what to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoFace { .. } => {
                "use a picture in which the whole face is visible, upright, lit and not turned far away".into()
            }
            Self::NoMouth { .. } => "use a picture that shows the mouth, with nothing in front of it".into(),
            Self::FaceTooSmall { .. } => "crop the picture around the head, or use one of higher resolution".into(),
            Self::NoSuchFace { found: 1, .. } => "leave the choice of face out, or choose 0".into(),
            Self::NoSuchFace { found, .. } => format!("faces are counted from the left: choose 0 to {}", found.saturating_sub(1)),
            Self::PictureSize { most, .. } => format!("scale the picture to at most {most} pixels a side"),
            Self::Network { .. } => "this is a defect of the program: please report it".into(),
            Self::LandmarkCount { .. } => return None,
            Self::Frame { hint, .. } => return hint.clone(),
        })
    }

    pub(crate) fn network(network: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Network { network, reason: format!("{reason:#}") }
    }
}

impl From<talkinghead_onnx::OnnxError> for FaceError {
    fn from(error: talkinghead_onnx::OnnxError) -> Self {
        Self::network(error.name, error.reason)
    }
}

impl From<talkinghead_media::MediaError> for FaceError {
    fn from(error: talkinghead_media::MediaError) -> Self {
        Self::Frame { message: error.to_string(), hint: error.hint() }
    }
}

/// Frames that are in memory already cannot fail.
impl From<std::convert::Infallible> for FaceError {
    fn from(error: std::convert::Infallible) -> Self {
        match error {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_differ_read_so() {
        let text = |found| FaceError::FaceTooSmall { found, wanted: 16.0 }.to_string();
        assert_eq!(text(15.98), "the face is too small: 15.9 pixels between the eyes, 16 are needed");
        assert!(text(7.0).contains("7.0 pixels"));
    }

    #[test]
    fn hints_say_what_to_do() {
        let error = FaceError::NoSuchFace { wanted: 3, found: 2 };
        assert_eq!(error.to_string(), "face 3 was asked for, but only 2 were found");
        assert_eq!(error.hint().as_deref(), Some("faces are counted from the left: choose 0 to 1"));
        assert!(FaceError::NoFace { place: "the picture".into() }.hint().is_some());
    }
}
