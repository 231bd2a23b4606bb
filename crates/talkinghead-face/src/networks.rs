//! All networks of the crate behind one handle.

use std::sync::{Arc, OnceLock};

use image::RgbImage;
use talkinghead_simd::InstructionSet;

use crate::FaceError;
use crate::mesh_executor::MeshExecutor;
use crate::network::Network;

/// The least side of a picture that is looked at, in pixels.
const LEAST_SIDE: u32 = 16;
/// The longest side of a picture that is looked at, in pixels.
const MOST_SIDE: u32 = 16_384;

/// The networks that ship with the program. Each is loaded when it is first needed; clones share them, and all methods may
/// be called from several threads at once.
#[derive(Clone, Debug)]
pub struct FaceNetworks {
    inner: Arc<Networks>,
}

#[derive(Debug)]
pub(crate) struct Networks {
    pub(crate) detector: Network,
    mesh: OnceLock<Result<MeshExecutor, String>>,
    pub(crate) blendshapes: Network,
    pub(crate) person: Network,
    pub(crate) hair: Network,
    pub(crate) identity: Network,
}

macro_rules! model {
    ($name:literal) => {
        include_bytes!(concat!("../../../assets/models/", $name, ".onnx"))
    };
}

impl FaceNetworks {
    /// A handle to the networks; nothing is read from disk. Make one and clone it: each call holds its own copy.
    pub fn load() -> Self {
        let networks = Networks {
            detector: Network::new("face_detector", model!("face_detector"), &crate::detector::SHAPE),
            mesh: OnceLock::new(),
            blendshapes: Network::new("face_blendshapes", model!("face_blendshapes"), &crate::blendshapes::SHAPE),
            person: Network::new("selfie_segmentation", model!("selfie_segmentation"), &crate::matte::PERSON_SHAPE),
            hair: Network::new("hair_segmentation", model!("hair_segmentation"), &crate::matte::HAIR_SHAPE),
            identity: Network::new("face_embedding", model!("face_embedding"), &crate::identity::SHAPE),
        };
        Self { inner: Arc::new(networks) }
    }

    pub(crate) fn networks(&self) -> &Networks {
        &self.inner
    }
}

impl Networks {
    /// The landmark network.
    pub(crate) fn mesh(&self) -> Result<&MeshExecutor, FaceError> {
        let load = || MeshExecutor::new(model!("face_landmarks"), InstructionSet::chosen_or_fastest());
        self.mesh.get_or_init(load).as_ref().map_err(|reason| FaceError::network("face_landmarks", reason))
    }
}

pub(crate) fn check_size(picture: &RgbImage) -> Result<(), FaceError> {
    let (width, height) = picture.dimensions();
    if width.min(height) < LEAST_SIDE || width.max(height) > MOST_SIDE {
        return Err(FaceError::PictureSize { width, height, least: LEAST_SIDE, most: MOST_SIDE });
    }
    Ok(())
}
