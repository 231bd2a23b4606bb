//! One face in one picture, as well as the networks can tell.

use image::RgbImage;

use super::face_choice::FaceChoice;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::networks::FaceNetworks;
use crate::networks::detector::Detection;
use crate::networks::region::FaceRegion;

/// Passes of the landmark network over a still: the second moves points by 0.95 % of the eye distance, the third by 0.4 %.
const PASSES: usize = 3;

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
    /// Finds the chosen face of a picture: detector, three passes of the landmark network, expression scores.
    ///
    /// # Errors
    /// [`FaceError::NoFace`], [`FaceError::NoSuchFace`], [`FaceError::FaceTooSmall`] under
    /// [`LEAST_INTEROCULAR_DISTANCE`], [`FaceError::PictureSize`], [`FaceError::Network`].
    pub fn still_face(&self, picture: &RgbImage, choice: FaceChoice) -> Result<StillFace, FaceError> {
        let faces = self.find_faces(picture)?;
        tracing::debug!(faces = faces.len(), ?choice, "detector ends");
        let detection = choice.pick(&faces, picture.width(), picture.height())?;
        let mut region = detection.region();
        let mut landmarks = None;
        for _ in 0..PASSES {
            let pass = self.mesh_pass(picture, &region)?;
            if !pass.found() {
                break;
            }
            region = FaceRegion::around_landmarks(&pass.landmarks);
            landmarks = Some(pass.landmarks);
        }
        let landmarks = landmarks.ok_or_else(|| FaceError::NoFace { place: "the picture".into() })?;
        let found = landmarks.interocular_distance();
        if found < LEAST_INTEROCULAR_DISTANCE {
            return Err(FaceError::FaceTooSmall { found, wanted: LEAST_INTEROCULAR_DISTANCE });
        }
        let blendshapes = self.blendshapes(&landmarks)?;
        Ok(StillFace { landmarks, blendshapes, detection })
    }
}
