//! Teachers of the flow by which the generator warps: optical flow between pairs of pictures, without gradients.
//!
//! Four of them behind [`FlowTeacher`]: [`FlowNet2`](flownet2::FlowNet2), which the published training uses, and
//! [`Raft`](raft::Raft), both with weights of the user's; the flow of the tracked face ([`mesh_flow`]) and a classical one
//! ([`classical::classical_flow`]), which need none. [`FlowCache`] keeps what they say.

mod cache;
pub mod classical;
pub mod confidence;
mod convolution;
mod error;
mod field;
mod fingerprint;
pub mod flownet2;
mod mesh;
mod network_teacher;
mod pair;
pub mod raft;
pub mod sampling;
mod teacher;
mod teacher_flow;
pub mod verification;

pub use cache::{FlowCache, parse_flow};
pub use confidence::Occlusion;
pub use error::FlowError;
pub use field::FlowField;
pub use mesh::mesh_flow;
pub use network_teacher::{FlowNetwork, NetworkTeacher};
pub use pair::{FlowPairs, LandmarkPair};
pub use teacher::{FlowTeacher, FlowTeacherKind};
pub use teacher_flow::TeacherFlow;
