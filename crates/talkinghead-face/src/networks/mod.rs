//! The networks that look at a picture. Each file here knows one network and its ONNX file; [`FaceNetworks`] composes them.

mod blaze_face;
pub(crate) mod blendshapes;
pub(crate) mod detection;
pub(crate) mod detector;
mod face_networks;
mod guided_filter;
pub(crate) mod identity;
pub(crate) mod matte;
pub(crate) mod mesh;
mod mesh_executor;
mod picture_size;
pub(crate) mod region;

pub use face_networks::FaceNetworks;
