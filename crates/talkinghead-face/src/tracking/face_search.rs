//! The search for one face: quick looks first, slower ones only where those find nothing that holds.

use image::RgbImage;

use super::face_choice::{FaceChoice, prominence};
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;
use crate::networks::FaceNetworks;
use crate::networks::detection::{Detection, add_new};
use crate::networks::detector::Look;
use crate::networks::mesh::MeshPass;
use crate::networks::region::FaceRegion;

/// Passes of the landmark network over a face that was just detected: the second moves points by 0.95 % of the eye distance,
/// the third by 0.4 %.
pub(crate) const PASSES: usize = 3;
/// What the detectors take for a small face must be this certain to the landmark network: leaves and bricks are not.
const LEAST_CERTAINTY: f32 = 10.0;
/// Candidates of one look that are examined, most prominent first.
const MOST_CANDIDATES: usize = 64;

/// A face that was found and examined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundFace {
    pub detection: Detection,
    /// In pixels of the picture.
    pub landmarks: Landmarks,
    /// The least [`MeshPass::certainty`] of all passes.
    pub certainty: f32,
    /// Faces that the look saw which found this one.
    pub in_view: usize,
}

impl FaceNetworks {
    /// Every face of the picture that one of the looks finds which is the first to find any; largest faces first looked for.
    ///
    /// One view of the whole picture is looked at for large faces. Only if that finds nothing, it is searched for small ones,
    /// and then in overlapping parts for the smallest: eyes 24 pixels apart are found in pictures of any size.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn find_faces(&self, picture: &RgbImage) -> Result<Vec<Detection>, FaceError> {
        for look in Look::all(picture.width(), picture.height()) {
            let mut faces = self.look(picture, look)?;
            if look != Look::Near {
                faces = self.verified(picture, faces)?;
            }
            if !faces.is_empty() {
                return Ok(faces);
            }
        }
        Ok(Vec::new())
    }

    /// The chosen face of a picture that stands upright; `None` if there is none.
    ///
    /// # Errors
    /// [`FaceError::NoSuchFace`], [`FaceError::Network`], [`FaceError::PictureSize`].
    pub(crate) fn find_face(&self, picture: &RgbImage, choice: FaceChoice) -> Result<Option<FoundFace>, FaceError> {
        match choice {
            FaceChoice::Main => self.find_main_face(picture),
            FaceChoice::Index(_) => {
                let faces = self.find_all_faces(picture)?;
                if faces.is_empty() {
                    return Ok(None);
                }
                let found = self.examine(picture, choice.pick(&faces, picture.width(), picture.height())?)?;
                Ok(found.map(|face| FoundFace { in_view: faces.len(), ..face }))
            }
        }
    }

    /// As [`FaceNetworks::find_face`] for a face that is large in the picture: one look and no more.
    pub(crate) fn find_large_face(&self, picture: &RgbImage, choice: FaceChoice) -> Result<Option<FoundFace>, FaceError> {
        let faces = self.look(picture, Look::Near)?;
        if faces.is_empty() {
            return Ok(None);
        }
        let found = self.examine(picture, choice.pick(&faces, picture.width(), picture.height())?)?;
        Ok(found.map(|face| FoundFace { in_view: faces.len(), ..face }))
    }

    /// The largest and most central face of the first look that finds one of which the landmark network is certain; failing
    /// that, a doubtful one.
    fn find_main_face(&self, picture: &RgbImage) -> Result<Option<FoundFace>, FaceError> {
        let mut doubtful: Option<FoundFace> = None;
        for look in Look::all(picture.width(), picture.height()) {
            let mut faces = self.look(picture, look)?;
            tracing::debug!(?look, faces = faces.len(), "looked for faces");
            let weight = |face: &Detection| prominence(face, picture.width(), picture.height());
            faces.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
            let in_view = faces.len();
            for face in faces.into_iter().take(MOST_CANDIDATES) {
                let Some(found) = self.examine(picture, face)? else { continue };
                let found = FoundFace { in_view, ..found };
                if found.certainty >= LEAST_CERTAINTY {
                    return Ok(Some(found));
                }
                if look == Look::Near && doubtful.is_none() {
                    doubtful = Some(found);
                }
            }
        }
        Ok(doubtful)
    }

    /// Every face of every look, each once.
    fn find_all_faces(&self, picture: &RgbImage) -> Result<Vec<Detection>, FaceError> {
        let mut all = Vec::new();
        for look in Look::all(picture.width(), picture.height()) {
            let found = self.look(picture, look)?;
            add_new(&mut all, self.verified(picture, found)?);
        }
        tracing::debug!(faces = all.len(), "looked for all faces");
        Ok(all)
    }

    /// Those of the faces that one pass of the landmark network is certain of.
    fn verified(&self, picture: &RgbImage, faces: Vec<Detection>) -> Result<Vec<Detection>, FaceError> {
        let mut kept = Vec::new();
        for face in faces {
            if self.mesh_pass(picture, &face.region())?.certainty >= LEAST_CERTAINTY {
                kept.push(face);
            }
        }
        Ok(kept)
    }

    /// The landmarks of a face that a detector found; `None` if the landmark network sees none there.
    pub(crate) fn examine(&self, picture: &RgbImage, detection: Detection) -> Result<Option<FoundFace>, FaceError> {
        let mut region = detection.region();
        let mut found: Option<MeshPass> = None;
        let mut certainty = f32::INFINITY;
        for _ in 0..PASSES {
            let pass = self.mesh_pass(picture, &region)?;
            certainty = certainty.min(pass.certainty);
            if !pass.found() {
                break;
            }
            region = FaceRegion::around_landmarks(&pass.landmarks);
            found = Some(pass);
        }
        tracing::debug!(score = detection.score, certainty, centre = ?detection.centre(), width = detection.width(), "examined");
        Ok(found.map(|pass| FoundFace { detection, landmarks: pass.landmarks, certainty, in_view: 1 }))
    }
}
