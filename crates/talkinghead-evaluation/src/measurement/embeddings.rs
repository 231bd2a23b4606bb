//! Who is seen.

use std::path::Path;

use image::RgbImage;
use talkinghead_face::{FaceError, IdentityEmbedding, Landmarks};
use talkinghead_media::{FrameReader, MediaKind, probe};

use super::networks::MeasurementNetworks;
use super::settings::MeasurementSettings;
use crate::EvaluationError;
use crate::supplied::face_112;

/// Faces of a reference that are enough to know the person.
const ENOUGH_FACES: usize = 25;

/// Embeddings of some frames' faces.
#[derive(Clone, Debug, Default)]
pub struct FaceEmbeddings {
    /// By the network that ships.
    pub identities: Vec<IdentityEmbedding>,
    /// By ArcFace, of the same frames, where it was supplied.
    pub arcface: Vec<Vec<f32>>,
}

impl FaceEmbeddings {
    /// Takes those of one face.
    pub(super) fn of_face(
        frame: &RgbImage,
        face: &Landmarks,
        networks: &MeasurementNetworks,
    ) -> Result<(IdentityEmbedding, Option<Vec<f32>>), EvaluationError> {
        let arcface = networks.supplied.arcface.as_ref().map(|network| network.embedding(&face_112(frame, face))).transpose()?;
        Ok((networks.face.identity(frame, face)?, arcface))
    }

    /// Adds those of one face.
    pub(super) fn add(&mut self, (identity, arcface): (IdentityEmbedding, Option<Vec<f32>>)) {
        self.identities.push(identity);
        self.arcface.extend(arcface);
    }
}

/// Embeddings of a reference: a picture's face, or up to 25 of a video's.
///
/// # Errors
/// It cannot be read or shows no face.
pub fn reference_faces(
    path: &Path,
    networks: &MeasurementNetworks,
    settings: &MeasurementSettings,
) -> Result<FaceEmbeddings, EvaluationError> {
    let in_file = |error: FaceError| EvaluationError::Face { path: path.to_owned(), source: error };
    let info = probe(path, &settings.limits)?;
    let expected = info.seconds.map_or(1.0, |seconds| seconds * f64::from(talkinghead_media::FRAME_RATE)) as usize;
    let every = if info.kind == MediaKind::Picture { 1 } else { (expected / ENOUGH_FACES).max(1) };
    let mut found = FaceEmbeddings::default();
    for frame in FrameReader::open_probed(path, info, &settings.limits)?.step_by(every).take(ENOUGH_FACES) {
        let frame = frame?;
        match networks.face.still_face(&frame, settings.face) {
            Ok(face) => found.add(FaceEmbeddings::of_face(&frame, &face.landmarks, networks)?),
            Err(FaceError::NoFace { .. }) => {}
            Err(error) => return Err(in_file(error)),
        }
    }
    if found.identities.is_empty() {
        return Err(in_file(FaceError::NoFace { place: "the reference".to_owned() }));
    }
    Ok(found)
}
