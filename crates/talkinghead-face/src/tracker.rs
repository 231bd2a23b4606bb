//! Following one face through a video.

use image::RgbImage;

use crate::{FaceChoice, FaceError, FaceNetworks, FaceRegion, Landmarks};

/// The face of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedFrame {
    /// In pixels of the frame.
    pub landmarks: Landmarks,
    /// The face was not seen in this frame; the landmarks are filled in from the frames around it.
    pub interpolated: bool,
}

/// Frames in a row in which the face was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TrackGap {
    /// Number of the first such frame, from 0.
    pub first: usize,
    /// How many frames.
    pub frames: usize,
}

impl std::fmt::Display for TrackGap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.first + self.frames.saturating_sub(1);
        write!(f, "the face was not seen in frames {} to {last}; its landmarks there are interpolated", self.first)
    }
}

/// A face through a whole video.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceTrack {
    /// One for each frame of the video.
    pub frames: Vec<TrackedFrame>,
    /// Where the face was not seen.
    pub gaps: Vec<TrackGap>,
}

/// Follows one face through a video.
#[derive(Clone, Debug)]
pub struct FaceTracker {
    networks: FaceNetworks,
    choice: FaceChoice,
}

impl FaceTracker {
    /// A tracker for the chosen face.
    pub fn new(networks: &FaceNetworks, choice: FaceChoice) -> Self {
        Self { networks: networks.clone(), choice }
    }

    /// Follows the face through all frames.
    ///
    /// # Errors
    /// [`FaceError::NoFace`] if it is in no frame; errors of the frames themselves.
    pub fn track<E: Into<FaceError>>(
        &self,
        frames: impl IntoIterator<Item = Result<RgbImage, E>>,
    ) -> Result<FaceTrack, FaceError> {
        let mut seen: Vec<Option<Landmarks>> = Vec::new();
        let mut region: Option<FaceRegion> = None;
        for frame in frames {
            let frame = frame.map_err(Into::into)?;
            let mut found = None;
            if let Some(region) = &region {
                found = Some(self.networks.mesh_pass(&frame, region)?).filter(|p| p.found()).map(|p| p.landmarks);
            }
            if found.is_none() {
                match self.networks.still_face(&frame, self.choice) {
                    Ok(face) => found = Some(face.landmarks),
                    Err(FaceError::NoFace { .. } | FaceError::FaceTooSmall { .. } | FaceError::NoSuchFace { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            region = found.as_ref().map(FaceRegion::around_landmarks);
            seen.push(found);
        }
        let count = seen.len();
        fill_gaps(seen).ok_or_else(|| FaceError::NoFace { place: format!("any of {count} frames") })
    }
}

fn fill_gaps(seen: Vec<Option<Landmarks>>) -> Option<FaceTrack> {
    let mut gaps: Vec<TrackGap> = Vec::new();
    let mut frames = Vec::with_capacity(seen.len());
    for (index, found) in seen.iter().enumerate() {
        let (landmarks, interpolated) = match found {
            Some(landmarks) => (landmarks.clone(), false),
            None => {
                match gaps.last_mut() {
                    Some(gap) if gap.first + gap.frames == index => gap.frames += 1,
                    _ => gaps.push(TrackGap { first: index, frames: 1 }),
                }
                let before = seen[..index].iter().rposition(Option::is_some);
                let after = seen[index..].iter().position(Option::is_some).map(|k| k + index);
                let at = |i: usize| seen[i].clone();
                let filled = match (before, after) {
                    (Some(a), Some(b)) => at(a)?.mixed(&at(b)?, (index - a) as f32 / (b - a) as f32),
                    (Some(a), None) => at(a)?,
                    (None, Some(b)) => at(b)?,
                    (None, None) => return None,
                };
                (filled, true)
            }
        };
        frames.push(TrackedFrame { landmarks, interpolated });
    }
    (!frames.is_empty()).then_some(FaceTrack { frames, gaps })
}
