//! The landmark network: 478 points of one face from a 256x256 crop.

use std::sync::OnceLock;

use image::RgbImage;
use talkinghead_simd::InstructionSet;

use super::mesh_executor::{INPUT_ROW, MeshExecutor, SIDE};
use super::picture_size::check_size;
use super::region::FaceRegion;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;

/// The network's file.
const ONNX: &[u8] = include_bytes!("../../../../assets/models/face_landmarks.onnx");

/// One pass of the landmark network over a region.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshPass {
    /// In pixels of the picture.
    pub landmarks: Landmarks,
    /// How sure the network is that the region shows a face, 0..1; under [`MeshPass::LEAST_PRESENCE`] it does not.
    pub presence: f32,
    /// The same before it was squashed: 12 to 30 for an upright face, however small; seldom above 8 for anything else, and
    /// between the two for a face that is upside down.
    pub certainty: f32,
}

impl MeshPass {
    /// Presence below this means that the region shows no face.
    pub const LEAST_PRESENCE: f32 = 0.5;

    /// Whether the network saw a face and its points make sense.
    pub fn found(&self) -> bool {
        self.presence >= Self::LEAST_PRESENCE && self.landmarks.interocular_distance() > 1e-3
    }
}

/// The landmark network.
#[derive(Debug, Default)]
pub(crate) struct MeshNetwork {
    executor: OnceLock<Result<MeshExecutor, String>>,
}

impl MeshNetwork {
    /// Looks at one region once. Does not judge whether a face is there: see [`MeshPass::found`].
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn pass(&self, picture: &RgbImage, region: &FaceRegion) -> Result<MeshPass, FaceError> {
        let executor = self.executor()?;
        check_size(picture)?;
        let output = executor.run(|input| region.read_rows(picture, SIDE, INPUT_ROW, input));
        if output.points.iter().any(|v| !v.is_finite()) {
            return Err(FaceError::network("face_landmarks", "points are not finite"));
        }
        let certainty = output.presence_logit;
        Ok(MeshPass { landmarks: place(&output.points, region)?, presence: 1.0 / (1.0 + (-certainty).exp()), certainty })
    }

    fn executor(&self) -> Result<&MeshExecutor, FaceError> {
        let load = || {
            let instructions = InstructionSet::chosen_or_fastest();
            let executor = MeshExecutor::new(ONNX, instructions)?;
            tracing::debug!(name = "face_landmarks", ?instructions, bytes = ONNX.len(), "network loaded");
            Ok(executor)
        };
        self.executor.get_or_init(load).as_ref().map_err(|reason| FaceError::network("face_landmarks", reason))
    }
}

/// Carries the network's points (crop pixels) into the picture.
fn place(points: &[f32], region: &FaceRegion) -> Result<Landmarks, FaceError> {
    let n = SIDE as f32;
    let points = points
        .chunks_exact(3)
        .map(|p| {
            let [x, y] = region.to_picture(p[0] / n, p[1] / n);
            [x, y, p[2] / n * region.width]
        })
        .collect();
    Landmarks::new(points)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        MeshNetwork::default().executor().unwrap();
    }
}
