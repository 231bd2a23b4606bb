//! Moves a photographed face: mesh, warp, sampling, mouth and eyes, label images and masks.
//!
//! Design decision: one continuous 3D warp of the whole picture, whose head part turns rigidly and whose motion fades into
//! body and background. Only a background with structure is a layer of its own, which stays still. The mouth is a hole in
//! the mesh with a small scene behind it, and the lids slide over a fixed eye plate. Everything that depends on the portrait
//! alone is prepared once; a frame only poses, warps and paints. Uses `talkinghead-face`; may be used by synthesis and
//! everything above.
//!
//! Rooms, each using only those before it: [`math`](smoothstep), `picture` (canvases and what is done to them), `label`
//! (label images and masks), `portrait` (the face's geometry and how a motion poses it), `warp` (mesh, triangles,
//! sampling), `background`, `eyes`, `mouth`, `mouth_bank` (remembered mouths). On top, [`projection`] and the [`ProjectionRenderer`] put
//! them together behind the [`Renderer`] trait, which other ways of making frames share.

mod background;
mod error;
mod eyes;
mod head_mesh;
pub mod label;
mod math;
mod mouth;
mod mouth_bank;
mod picture;
mod portrait;
pub mod projection;
mod projection_renderer;
mod renderer;
#[cfg(test)]
mod synthetic_face;
mod warp;

pub use error::{FrameError, RenderError};
pub use eyes::eyeballs::EyeScene;
pub use head_mesh::HeadMesh;
pub use label::masks;
pub use math::{planar_distance, smoothstep};
pub use mouth::lip_plate::LipPlate;
pub use mouth::scene::MouthScene;
pub use mouth_bank::{
    MouthBank, MouthBankOptions, MouthChoice, MouthFeature, MouthLight, MouthPlanner, MouthRecord, MouthTarget, SpeechStyle,
    diverse_mouths, key_frame, mouths_differ,
};
pub use picture::canvas::{Canvas, Mask, to_byte};
pub use picture::frame::Frame;
pub use picture::texture::Texture;
pub use picture::working_area::{AreaFrame, WorkingArea};
pub use picture::{blur, fill, polygon, resize};
pub use portrait::expression::{ExpressionScale, deform};
pub use portrait::geometry::{PortraitGeometry, PosedFace, RigidMotion};
pub use portrait::head_region::{HeadMattes, HeadRegion, Mattes};
pub use portrait::pose::{head_motion, pose_face};
pub use portrait::unsmile::{UnsmileBasis, UnsmileBasisError};
pub use projection_renderer::{ProjectionRenderer, RenderOptions};
pub use renderer::{FrameOrder, PreparedPerformance, Renderer, Shot};
pub use warp::delaunay::triangulate;
pub use warp::field::WarpField;
pub use warp::mesh::WarpMesh;
pub use warp::paint::{WarpMap, WarpSource, warp};
