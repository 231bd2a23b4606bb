//! The coloured mesh of a photographed head, drawn in any pose: what the networks are shown of the head's movement, in training and at
//! synthesis alike.

mod mesh;
mod topology;

pub use mesh::HeadMesh;
