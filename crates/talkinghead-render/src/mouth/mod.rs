//! The mouth: lips cleaned of teeth, and a small scene behind the hole that the mesh leaves between them.

pub(crate) mod contour;
mod lip_plate;
mod own_teeth;
mod procedural_teeth;
pub(crate) mod sampling;
mod scene;
mod tints;

pub use lip_plate::LipPlate;
pub use scene::MouthScene;
pub(crate) use tints::quantile;
