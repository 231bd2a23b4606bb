//! All networks of the crate behind one handle.

use std::sync::Arc;

use image::RgbImage;

use super::blendshapes::{BLENDSHAPES, BlendshapeNetwork};
use super::detection::Detection;
use super::detector::{FaceDetector, Look};
use super::identity::{IdentityEmbedding, IdentityNetwork};
use super::matte::{HairMatte, HairSegmentation, PersonMatte, PersonSegmentation};
use super::mesh::{MeshNetwork, MeshPass};
use super::region::FaceRegion;
use crate::error::FaceError;
use crate::geometry::landmarks::Landmarks;

/// The networks that ship with the program. Each is loaded when it is first needed; clones share them, and all methods may
/// be called from several threads at once.
#[derive(Clone, Debug)]
pub struct FaceNetworks {
    inner: Arc<Networks>,
}

#[derive(Debug)]
struct Networks {
    detector: FaceDetector,
    mesh: MeshNetwork,
    blendshapes: BlendshapeNetwork,
    person: PersonSegmentation,
    hair: HairSegmentation,
    identity: IdentityNetwork,
}

impl FaceNetworks {
    /// A handle to the networks; nothing is read from disk. Make one and clone it: each call holds its own copy.
    pub fn load() -> Self {
        let networks = Networks {
            detector: FaceDetector::new(),
            mesh: MeshNetwork::default(),
            blendshapes: BlendshapeNetwork::new(),
            person: PersonSegmentation::new(),
            hair: HairSegmentation::new(),
            identity: IdentityNetwork::new(),
        };
        Self { inner: Arc::new(networks) }
    }

    /// The faces that one look over the picture finds, best score first; whether they are faces is not verified.
    pub(crate) fn look(&self, picture: &RgbImage, look: Look) -> Result<Vec<Detection>, FaceError> {
        self.inner.detector.look(picture, look)
    }

    /// The large faces in an upright square of the picture.
    pub(crate) fn look_at(&self, picture: &RgbImage, square: &FaceRegion) -> Result<Vec<Detection>, FaceError> {
        self.inner.detector.look_at(picture, square)
    }

    /// Looks at one region once. Does not judge whether a face is there: see [`MeshPass::found`].
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn mesh_pass(&self, picture: &RgbImage, region: &FaceRegion) -> Result<MeshPass, FaceError> {
        self.inner.mesh.pass(picture, region)
    }

    /// Expression scores, 0..1, named by [`CanonicalMesh::blendshape_names`](crate::CanonicalMesh::blendshape_names);
    /// number 0 (`_neutral`) means nothing, and left and right are the subject's. Re-cropping the same face moves a score
    /// by up to 0.06.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub fn blendshapes(&self, landmarks: &Landmarks) -> Result<[f32; BLENDSHAPES], FaceError> {
        self.inner.blendshapes.scores(landmarks)
    }

    /// The identity vector of a face whose landmarks are known.
    ///
    /// # Errors
    /// [`FaceError::Network`].
    pub fn identity(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<IdentityEmbedding, FaceError> {
        self.inner.identity.identity(picture, landmarks)
    }

    /// The identity vector of an aligned face; see [`aligned_face`](super::identity::aligned_face).
    pub(crate) fn embed(&self, face: &[f32]) -> Result<IdentityEmbedding, FaceError> {
        self.inner.identity.embed(face)
    }

    /// Separates the person (everything of them) from the background; edges follow the picture.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn person_matte(&self, picture: &RgbImage) -> Result<PersonMatte, FaceError> {
        self.inner.person.matte(picture)
    }

    /// Finds the hair of the person whose landmarks are given. Only the square around the head, four times as wide as the
    /// face, is looked at; elsewhere the matte is 0.
    ///
    /// # Errors
    /// [`FaceError::Network`], [`FaceError::PictureSize`].
    pub fn hair_matte(&self, picture: &RgbImage, landmarks: &Landmarks) -> Result<HairMatte, FaceError> {
        self.inner.hair.matte(picture, landmarks)
    }
}
