//! Moves a photographed face: mesh, warp, sampling, mouth and eyes, label images and masks.
//!
//! Design decision: one continuous 3D warp of the whole picture, whose head part turns rigidly and whose motion fades into
//! body and background; no layers, no inpainting. The mouth is a hole in the mesh with a small scene behind it, and the lids
//! slide over a fixed eye plate. Everything that depends on the portrait alone is prepared once; a frame only poses, warps
//! and paints. Uses `talkinghead-face`; may be used by synthesis and everything above.

mod bank;
pub mod blur;
mod canvas;
pub mod fill;
mod math;
mod mouth;
pub mod polygon;
mod portrait;
#[cfg(test)]
mod synthetic_face;

pub use bank::{MouthBank, MouthBankOptions, MouthChoice, MouthFeature, MouthPlanner, MouthTarget};
pub use canvas::{to_byte, Canvas, Mask};
pub use math::{planar_distance, smoothstep};
pub use mouth::{LipPlate, MouthScene};
pub use portrait::{PortraitGeometry, PosedFace, RigidMotion};
