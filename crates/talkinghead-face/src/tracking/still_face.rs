//! One face in one picture, as well as the networks can tell.

use image::RgbImage;

use super::face_choice::FaceChoice;
use super::face_search::{FoundFace, PASSES};
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::geometry::quarter_turn::QuarterTurn;
use crate::networks::FaceNetworks;
use crate::networks::region::FaceRegion;

/// The least interocular distance that is of use, in pixels.
pub const LEAST_INTEROCULAR_DISTANCE: f32 = 16.0;

/// A face in a still picture.
#[derive(Clone, Debug, PartialEq)]
pub struct StillFace {
    /// In pixels of the picture.
    pub landmarks: Landmarks,
    /// Expression scores, 0..1; see [`FaceNetworks::blendshapes`].
    pub blendshapes: [f32; 52],
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
        Ok(StillFace { landmarks: found.landmarks, blendshapes })
    }

    /// The face of a picture in which it is known to lie there, roughly, and upright: as one frame of a tracked video.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::FaceTooSmall`], [`FaceError::PictureSize`], [`FaceError::Network`].
    pub fn face_near(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<StillFace, FaceError> {
        let mut landmarks = landmarks.clone();
        for _ in 0..PASSES {
            let pass = self.mesh_pass(picture, &FaceRegion::around_landmarks(&landmarks))?;
            if !pass.found() {
                return Err(FaceError::NoFace { place: "the picture".into() });
            }
            landmarks = pass.landmarks;
        }
        check_size(&landmarks)?;
        let blendshapes = self.blendshapes(&landmarks)?;
        Ok(StillFace { landmarks, blendshapes })
    }
}

impl StillFace {
    /// The same face once its picture is enlarged (or, below 1, made smaller) by factors across and down.
    pub fn scaled(self, [across, down]: [f32; 2]) -> Self {
        let place = |v: f32, factor: f32| (v + 0.5) * factor - 0.5;
        let landmarks = self.landmarks.map(|[x, y, z]| [place(x, across), place(y, down), z * across]);
        Self { landmarks, ..self }
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
