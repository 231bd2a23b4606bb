//! A face as points: landmarks, the canonical mesh, head pose, the crop around it, and what a motion asks of it.

pub(crate) mod canonical;
pub(crate) mod crop;
pub(crate) mod face_motion;
pub(crate) mod hann_window;
pub(crate) mod head_pose;
pub(crate) mod landmarks;
pub(crate) mod landmarks68;
pub(crate) mod quarter_turn;
pub(crate) mod reference_pose;
