//! The landmark network: 478 points of one face from a 256x256 crop.

use image::RgbImage;

use crate::mesh_executor::{INPUT_ROW, SIDE};
use crate::region::FaceRegion;
use crate::{FaceError, FaceNetworks, Landmarks};

/// Points the network gives.
pub(crate) const POINTS: usize = 478;

/// One look of the landmark network at a region.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshPass {
    /// In pixels of the picture.
    pub landmarks: Landmarks,
    /// How sure the network is that the region shows a face, 0..1; under [`MeshPass::LEAST_PRESENCE`] it does not.
    pub presence: f32,
}

impl MeshPass {
    /// Presence below this means that the region shows no face.
    pub const LEAST_PRESENCE: f32 = 0.5;

    /// Whether the network saw a face and its points make sense.
    pub fn found(&self) -> bool {
        self.presence >= Self::LEAST_PRESENCE && self.landmarks.interocular_distance() > 1e-3
    }
}

impl FaceNetworks {
    /// Looks at one region once. Does not judge whether a face is there: see [`MeshPass::found`].
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn mesh_pass(&self, picture: &RgbImage, region: &FaceRegion) -> Result<MeshPass, FaceError> {
        let executor = self.networks().mesh()?;
        crate::networks::check_size(picture)?;
        let output = executor.run(|input| region.read_rows(picture, SIDE, INPUT_ROW, input));
        if output.points.iter().any(|v| !v.is_finite()) {
            return Err(FaceError::network("face_landmarks", "points are not finite"));
        }
        Ok(MeshPass { landmarks: place(&output.points, region), presence: 1.0 / (1.0 + (-output.presence_logit).exp()) })
    }
}

/// Carries the network's points (crop pixels) into the picture.
fn place(points: &[f32], region: &FaceRegion) -> Landmarks {
    let n = SIDE as f32;
    let points = points
        .chunks_exact(3)
        .map(|p| {
            let [x, y] = region.to_picture(p[0] / n, p[1] / n);
            [x, y, p[2] / n * region.width]
        })
        .collect();
    Landmarks { points }
}
