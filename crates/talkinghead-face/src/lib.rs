//! Finds faces and says where they look: detector, tracker, 478 landmarks, head pose, crop, matte, identity.
//!
//! Design decision: every picture of a face becomes [`Landmarks`] in pixels, and every pose is a similarity between those
//! landmarks and one canonical mesh ([`CanonicalMesh`]). Anything that moves a face later speaks [`FaceMotion`].
//! May be used by motion, render and everything above; uses only `talkinghead-media`.

mod blendshapes;
mod canonical;
mod crop;
mod detector;
mod error;
mod face_choice;
mod face_motion;
mod follower;
mod guided_filter;
mod hann_window;
mod head_pose;
mod identity;
mod landmarks;
mod landmarks68;
mod matte;
mod mesh;
mod mesh_executor;
mod network;
mod networks;
mod reference_pose;
mod region;
mod smoothing;
mod still_face;
mod tracker;

pub use blendshapes::BLENDSHAPES;
pub use canonical::{CanonicalMesh, LIP_PAIRS, RIGID_POINTS};
pub use crop::{CROP_SIDE, CropMode, EyeCenter, FaceCrop};
pub use detector::Detection;
pub use error::FaceError;
pub use face_choice::FaceChoice;
pub use face_motion::FaceMotion;
pub use hann_window::HannWindow;
pub use head_pose::{HeadPose, RigidFit};
pub use identity::IdentityEmbedding;
pub use landmarks::{Landmarks, MESH_POINTS};
pub use landmarks68::{IBUG_POINTS, Landmarks68};
pub use matte::{HairMatte, Matte, PersonMatte};
pub use mesh::MeshPass;
pub use networks::FaceNetworks;
pub use reference_pose::{Points68, ReferencePose, STABLE_POINTS, key_frame, standard_face};
pub use region::FaceRegion;
pub use smoothing::Smoothing;
pub use still_face::{LEAST_INTEROCULAR_DISTANCE, StillFace};
pub use tracker::{FaceTrack, FaceTracker, TrackGap, TrackedFrame};
