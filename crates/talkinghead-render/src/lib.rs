//! Moves a photographed face: mesh, warp, sampling, mouth and eyes, label images and masks.
//!
//! Design decision: one continuous 3D warp of the whole picture, whose head part turns rigidly and whose motion fades into
//! body and background; no layers, no inpainting. The mouth is a hole in the mesh with a small scene behind it, and the lids
//! slide over a fixed eye plate. Everything that depends on the portrait alone is prepared once; a frame only poses, warps
//! and paints. Uses `talkinghead-face`; may be used by synthesis and everything above.

mod bank;
pub mod blur;
mod canvas;
mod contact;
mod delaunay;
mod enlargement;
mod error;
mod expression;
mod eyes;
pub mod fill;
mod fold_edges;
mod fold_guard;
mod head_region;
mod holes;
pub mod label;
mod lash_line;
mod lid_light;
mod lids;
pub mod masks;
mod math;
mod mesh;
mod mouth;
mod paste;
pub mod polygon;
mod portrait;
mod pose;
pub mod projection;
mod projection_renderer;
mod renderer;
pub mod resize;
mod sharpening;
mod slope;
#[cfg(test)]
mod synthetic_face;
mod texture;
mod unsmile;
mod warp;

pub use bank::{
    MouthBank, MouthBankOptions, MouthChoice, MouthFeature, MouthPlanner, MouthTarget, SpeechStyle, diverse_mouths, key_frame,
};
pub use canvas::{Canvas, Mask, to_byte};
pub use error::{FrameError, RenderError};
pub use expression::{ExpressionScale, deform};
pub use eyes::EyeScene;
pub use head_region::{HeadMattes, HeadRegion, Mattes};
pub use math::{planar_distance, smoothstep};
pub use mesh::WarpMesh;
pub use mouth::{LipPlate, MouthScene};
pub use paste::{AreaFrame, WorkingArea};
pub use portrait::{PortraitGeometry, PosedFace, RigidMotion};
pub use pose::{head_motion, pose_face};
pub use projection_renderer::{ProjectionRenderer, RenderOptions};
pub use renderer::{PreparedPerformance, Renderer, Shot};
pub use texture::{LanczosTable, Texture};
pub use unsmile::UnsmileBasis;
pub use warp::{WarpField, WarpSource, warp};
