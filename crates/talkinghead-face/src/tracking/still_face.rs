//! One face in one picture, as well as the networks can tell.

use image::RgbImage;

use super::face_choice::FaceChoice;
use super::face_search::FoundFace;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::geometry::quarter_turn::QuarterTurn;
use crate::networks::FaceNetworks;
use crate::networks::detection::Detection;

/// The least interocular distance that is of use, in pixels.
pub const LEAST_INTEROCULAR_DISTANCE: f32 = 16.0;

/// A face in a still picture.
#[derive(Clone, Debug, PartialEq)]
pub struct StillFace {
    /// In pixels of the picture.
    pub landmarks: Landmarks,
    /// Expression scores, 0..1; see [`FaceNetworks::blendshapes`].
    pub blendshapes: [f32; 52],
    /// What the detector found.
    pub detection: Detection,
}

impl FaceNetworks {
    /// Finds the chosen face of a picture that stands upright: detector, three passes of the landmark network, expression
    /// scores.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::NoSuchFace`], [`FaceError::FaceTooSmall`] under
    /// [`LEAST_INTEROCULAR_DISTANCE`], [`FaceError::PictureSize`], [`FaceError::Network`].
    pub fn still_face(&self, picture: &RgbImage, choice: FaceChoice) -> Result<StillFace, FaceError> {
        self.complete(self.find_face(picture, choice)?)
    }

    /// As [`FaceNetworks::still_face`] for a picture that may lie on its side or stand on its head: gives the turn that sets it
    /// upright, and the face in pixels of the picture so turned.
    ///
    /// # Errors
    /// As [`FaceNetworks::still_face`].
    pub fn turned_face(&self, picture: &RgbImage, choice: FaceChoice) -> Result<(QuarterTurn, StillFace), FaceError> {
        let (turn, found) = self.find_turned_face(picture, choice)?.unzip();
        Ok((turn.unwrap_or_default(), self.complete(found)?))
    }

    fn complete(&self, found: Option<FoundFace>) -> Result<StillFace, FaceError> {
        let found = found.ok_or_else(|| FaceError::NoFace { place: "the picture".into() })?;
        check_size(&found.landmarks)?;
        let blendshapes = self.blendshapes(&found.landmarks)?;
        Ok(StillFace { landmarks: found.landmarks, blendshapes, detection: found.detection })
    }
}

/// Refuses a face whose eyes are too near each other.
pub(crate) fn check_size(landmarks: &Landmarks) -> Result<(), FaceError> {
    let found = landmarks.interocular_distance();
    if found < LEAST_INTEROCULAR_DISTANCE {
        return Err(FaceError::FaceTooSmall { found, wanted: LEAST_INTEROCULAR_DISTANCE });
    }
    Ok(())
}
