//! One face through a whole video.

use image::RgbImage;

use super::face_choice::FaceChoice;
use super::smoothing;
use super::smoothing::Smoothing;
use super::state::TrackerState;
use super::track::{FaceTrack, fill_gaps};
use crate::error::FaceError;
use crate::networks::FaceNetworks;

/// Follows one face through a video: detects once, then looks where the face was, and detects again when it is lost.
///
/// It never changes over to another person: a face that comes back, jumps as in a cut, or is one of several is compared
/// with the chosen one's identity. Frames without the face are filled in linearly and reported as [`TrackGap`](crate::TrackGap)s.
#[derive(Clone, Debug)]
pub struct FaceTracker {
    networks: FaceNetworks,
    choice: FaceChoice,
    smoothing: Smoothing,
    orientation: Orientation,
}

/// Which way up a video's frames are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orientation {
    /// As they are given.
    #[default]
    AsGiven,
    /// Found out: by quarters, from the first frame that shows the face. See [`FaceTrack::turn`].
    Searched,
}

impl FaceTracker {
    /// A tracker for the chosen face, with [`Smoothing::Adaptive`].
    pub fn new(networks: &FaceNetworks, choice: FaceChoice) -> Self {
        Self { networks: networks.clone(), choice, smoothing: Smoothing::default(), orientation: Orientation::AsGiven }
    }

    /// Sets the smoothing.
    pub fn with_smoothing(mut self, smoothing: Smoothing) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// Sets whether the way up is searched for.
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Follows the face through all frames. Frames are looked at one after the other and none is kept; the answer takes
    /// 6 kB for each.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::FaceTooSmall`] or [`FaceError::NoSuchFace`] if the face is in no frame;
    /// [`FaceError::Network`], [`FaceError::PictureSize`], and errors of the frames themselves.
    pub fn track<E: Into<FaceError>>(
        &self,
        frames: impl IntoIterator<Item = Result<RgbImage, E>>,
    ) -> Result<FaceTrack, FaceError> {
        let _span = tracing::debug_span!("track_face", choice = ?self.choice, smoothing = ?self.smoothing).entered();
        tracing::debug!("tracking starts");
        let mut state = TrackerState::new(&self.networks, self.choice, self.orientation);
        let mut sightings = Vec::new();
        for frame in frames {
            sightings.push(state.next(frame.map_err(Into::into)?)?);
        }
        let turn = state.turn();
        let count = sightings.len();
        let Some(mut track) = fill_gaps(sightings) else {
            let no_face =
                FaceError::NoFace { place: if count == 1 { "the picture".into() } else { format!("any of {count} frames") } };
            return Err(state.refusal().unwrap_or(no_face));
        };
        track.turn = turn;
        let lost: usize = track.gaps.iter().map(|gap| gap.frames).sum();
        tracing::debug!(frames = count, lost, gaps = track.gaps.len(), searches = state.searches(), "tracking ends");
        if self.smoothing == Smoothing::Adaptive {
            smoothing::smooth(&mut track.frames);
        }
        Ok(track)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_video_without_a_face_is_refused() {
        let frames = std::iter::repeat_n(Ok::<_, std::convert::Infallible>(RgbImage::new(64, 64)), 3);
        let error = FaceTracker::new(&FaceNetworks::load(), FaceChoice::Main).track(frames).unwrap_err();
        assert_eq!(error.to_string(), "no face found in any of 3 frames");
    }
}
