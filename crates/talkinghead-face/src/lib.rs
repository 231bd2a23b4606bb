//! Finds faces and says where they look: detector, tracker, 478 landmarks, head pose, crop, matte, identity.
//!
//! Design decision: every picture of a face becomes [`Landmarks`] in pixels, and every pose is a similarity between those
//! landmarks and one canonical mesh ([`CanonicalMesh`]). Anything that moves a face later speaks [`FaceMotion`].
//! May be used by motion, render and everything above; uses only `talkinghead-media`.
//!
//! Rooms, each using only those before it: `geometry` (landmarks, canonical mesh, pose, crop), `networks` (one file a
//! network; [`FaceNetworks`] composes them), `tracking` (one chosen face in a picture or through a video).

mod error;
mod geometry;
mod networks;
mod tracking;

pub use error::FaceError;
pub use geometry::canonical::{CanonicalMesh, LIP_PAIRS, RIGID_POINTS};
pub use geometry::crop::{CROP_SIDE, CropMode, EyeCentre, FaceCrop};
pub use geometry::face_motion::FaceMotion;
pub use geometry::hann_window::HannWindow;
pub use geometry::head_pose::{HeadPose, RigidFit};
pub use geometry::landmarks::{LANDMARK_POINTS, Landmarks, MESH_POINTS};
pub use geometry::landmarks68::{FlatLandmarks68, IBUG_POINTS, Landmarks68, flat_landmarks};
pub use geometry::quarter_turn::QuarterTurn;
pub use geometry::reference_pose::{ReferencePose, STABLE_POINTS, key_frame, standard_face};
pub use networks::FaceNetworks;
pub use networks::blendshapes::BLENDSHAPES;
pub use networks::detection::Detection;
pub use networks::identity::IdentityEmbedding;
pub use networks::matte::{HairMatte, Matte, PersonMatte};
pub use networks::mesh::MeshPass;
pub use networks::region::FaceRegion;
pub use tracking::covered_mouth::MouthView;
pub use tracking::face_choice::FaceChoice;
pub use tracking::smoothing::Smoothing;
pub use tracking::still_face::{LEAST_INTEROCULAR_DISTANCE, StillFace};
pub use tracking::track::{FaceTrack, TrackGap, TrackedFrame};
pub use tracking::tracker::{FaceTracker, Orientation};
pub use tracking::visible_parts::{MissingPart, missing_parts};
