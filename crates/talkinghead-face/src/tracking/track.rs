//! The face of every frame of a video, and where it was not seen.

use rayon::prelude::*;

use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::geometry::quarter_turn::QuarterTurn;
use crate::networks::FaceNetworks;
use crate::networks::blendshapes::BLENDSHAPES;

/// The face of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedFrame {
    /// In pixels of the frame.
    pub landmarks: Landmarks,
    /// The face was not seen in this frame; the landmarks are filled in from the frames around it.
    pub interpolated: bool,
}

/// Frames in a row in which the face was not seen: a warning, not an error. Its `Display` is one line for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TrackGap {
    /// Number of the first such frame, from 0.
    pub first: usize,
    /// How many frames.
    pub frames: usize,
}

impl std::fmt::Display for TrackGap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.frames == 1 {
            return write!(f, "the face was not seen in frame {}; its landmarks there are interpolated", self.first);
        }
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
    /// By how much every frame must be turned before the landmarks fit it.
    pub turn: QuarterTurn,
}

impl FaceTrack {
    /// The same with tremble removed, as [`Smoothing::Adaptive`](crate::Smoothing::Adaptive) does it: for a track that was made without.
    pub fn smoothed(mut self) -> Self {
        super::smoothing::smooth(&mut self.frames);
        self
    }

    /// The expression scores of every frame; see [`FaceNetworks::blendshapes`].
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub fn blendshapes(&self, networks: &FaceNetworks) -> Result<Vec<[f32; BLENDSHAPES]>, FaceError> {
        self.frames.par_iter().map(|frame| networks.blendshapes(&frame.landmarks)).collect()
    }
}

/// Fills frames without a sighting from those around them; `None` if there is no sighting at all.
pub(crate) fn fill_gaps(sightings: Vec<Option<Landmarks>>) -> Option<FaceTrack> {
    let mut frames: Vec<TrackedFrame> = Vec::with_capacity(sightings.len());
    let mut gaps = Vec::new();
    let mut gap = 0;
    for sighting in sightings {
        let Some(landmarks) = sighting else {
            gap += 1;
            continue;
        };
        if gap > 0 {
            let first = frames.len();
            gaps.push(TrackGap { first, frames: gap });
            let before = frames.last().map_or_else(|| landmarks.clone(), |frame| frame.landmarks.clone());
            for k in 1..=gap {
                let landmarks = before.mixed(&landmarks, k as f32 / (gap + 1) as f32);
                frames.push(TrackedFrame { landmarks, interpolated: true });
            }
            gap = 0;
        }
        frames.push(TrackedFrame { landmarks, interpolated: false });
    }
    let last = frames.last()?.landmarks.clone();
    if gap > 0 {
        gaps.push(TrackGap { first: frames.len(), frames: gap });
        frames.extend(std::iter::repeat_n(TrackedFrame { landmarks: last, interpolated: true }, gap));
    }
    Some(FaceTrack { frames, gaps, turn: QuarterTurn::None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(x: f32) -> Option<Landmarks> {
        Some(Landmarks::from_fn(|_| [x, 0.0, 0.0]))
    }

    #[test]
    fn gaps_are_filled_and_reported() {
        let track = fill_gaps(vec![None, at(3.0), None, None, at(6.0), None]).unwrap();
        let x: Vec<f32> = track.frames.iter().map(|f| f.landmarks.points()[0][0]).collect();
        assert_eq!(x, [3.0, 3.0, 4.0, 5.0, 6.0, 6.0]);
        let interpolated: Vec<bool> = track.frames.iter().map(|f| f.interpolated).collect();
        assert_eq!(interpolated, [true, false, true, true, false, true]);
        let gaps = [(0, 1), (2, 2), (5, 1)].map(|(first, frames)| TrackGap { first, frames });
        assert_eq!(track.gaps, gaps);
        assert_eq!(gaps[1].to_string(), "the face was not seen in frames 2 to 3; its landmarks there are interpolated");
    }

    #[test]
    fn frames_without_any_sighting_are_no_track() {
        assert!(fill_gaps(vec![None, None]).is_none());
        assert!(fill_gaps(Vec::new()).is_none());
    }
}
