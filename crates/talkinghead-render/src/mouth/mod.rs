//! The mouth: lips cleaned of teeth, and a small scene behind the hole that the mesh leaves between them.

mod colours;
pub(crate) mod contour;
pub(crate) mod lip_plate;
mod own_teeth;
mod procedural_teeth;
pub(crate) mod scene;
#[cfg(test)]
mod tests;
pub(crate) mod tints;
mod tooth_pixels;
