//! The 52 expression scores of a face.

use crate::{CanonicalMesh, FaceError, FaceNetworks, Landmarks};

/// How many scores the network gives.
pub const BLENDSHAPES: usize = 52;

pub(crate) static SHAPE: [usize; 3] = [1, 146, 2];

impl FaceNetworks {
    /// Expression scores, 0..1, named by [`CanonicalMesh::blendshape_names`]; number 0 (`_neutral`) means nothing, and
    /// left and right are the subject's. Re-cropping the same face moves a score by up to 0.06.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub fn blendshapes(&self, landmarks: &Landmarks) -> Result<[f32; BLENDSHAPES], FaceError> {
        let points: Vec<f32> = CanonicalMesh::get()
            .blendshape_points
            .iter()
            .flat_map(|&i| [landmarks.points[i][0], landmarks.points[i][1]])
            .collect();
        let outputs = self.networks().blendshapes.run(&points)?;
        let scores = outputs.first().ok_or_else(|| FaceError::network("face_blendshapes", "no output"))?;
        scores
            .as_slice()
            .try_into()
            .map_err(|_| FaceError::network("face_blendshapes", format!("{} scores instead of 52", scores.len())))
    }
}
