//! Teachers of the flow by which the generator warps: optical flow between pairs of pictures, without gradients.

mod teacher_flow;

pub use teacher_flow::TeacherFlow;
