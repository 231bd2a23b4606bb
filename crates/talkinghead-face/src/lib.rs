//! Finds faces and says where they look: detector, tracker, 478 landmarks, head pose, crop, matte, identity.
//!
//! Design decision: every picture of a face becomes [`Landmarks`] in pixels, and every pose is a similarity between those
//! landmarks and one canonical mesh ([`CanonicalMesh`]). Anything that moves a face later speaks [`FaceMotion`].
//! May be used by motion, render and everything above; uses only `talkinghead-media`.

mod canonical;
mod face_motion;
mod head_pose;
mod landmarks;

pub use canonical::{CanonicalMesh, LIP_PAIRS, RIGID_POINTS};
pub use face_motion::FaceMotion;
pub use head_pose::{HeadPose, RigidFit};
pub use landmarks::{Landmarks, MESH_POINTS};
