//! The 52 expression scores of a face.

use crate::error::FaceError;
use crate::geometry::canonical::CanonicalMesh;
use crate::geometry::landmarks::Landmarks;
use talkinghead_onnx::OnnxNetwork;

/// How many scores the network gives.
pub const BLENDSHAPES: usize = 52;

static SHAPE: [usize; 3] = [1, 146, 2];

/// The network of the expression scores.
#[derive(Debug)]
pub(crate) struct BlendshapeNetwork {
    network: OnnxNetwork,
}

impl BlendshapeNetwork {
    pub(crate) const fn new() -> Self {
        Self {
            network: OnnxNetwork::new(
                "face_blendshapes",
                include_bytes!("../../../../assets/models/face_blendshapes.onnx"),
                &SHAPE,
            ),
        }
    }

    /// Expression scores, 0..1, named by [`CanonicalMesh::blendshape_names`]; number 0 (`_neutral`) means nothing, and
    /// left and right are the subject's. Re-cropping the same face moves a score by up to 0.06.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub(crate) fn scores(&self, landmarks: &Landmarks) -> Result<[f32; BLENDSHAPES], FaceError> {
        let points: Vec<f32> = CanonicalMesh::get()
            .blendshape_points
            .iter()
            .flat_map(|&i| [landmarks.points()[i][0], landmarks.points()[i][1]])
            .collect();
        let scores = self.network.run_first(&points)?;
        scores
            .as_slice()
            .try_into()
            .map_err(|_| FaceError::network("face_blendshapes", format!("{} scores instead of 52", scores.len())))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        BlendshapeNetwork::new().network.load().unwrap();
    }
}
