//! What one frame asks of a face, independent of whose face it is.

use super::head_pose::HeadPose;
use super::landmarks::MESH_POINTS;

/// One frame's movement. Made by the motion models (or measured on a driving video), obeyed by every renderer.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMotion {
    /// Head pose relative to the reference picture's.
    pub head_pose: HeadPose,
    /// `[468]` displacements of the mesh from the relaxed, closed-mouth neutral face, in the frontal frame
    /// (x right, y down, z away; canonical centimetres, one interocular distance is about 6.0).
    pub displacement: Vec<[f32; 3]>,
    /// Gaps of the nine [`crate::LIP_PAIRS`] in interocular distances; 0 = lips touch.
    pub lip_gaps: [f32; 9],
    /// How far the eyes are closed, 0 open to 1 shut: image-left eye, image-right eye.
    pub blink: [f32; 2],
    /// Shift of the gaze in eye widths, x right and y down, relative to the reference picture's.
    pub gaze: [f32; 2],
}

impl FaceMotion {
    /// A face at rest: lips closed, eyes open, head as in the reference picture.
    pub fn neutral() -> Self {
        Self {
            head_pose: HeadPose::default(),
            displacement: vec![[0.0; 3]; MESH_POINTS],
            lip_gaps: [0.0; 9],
            blink: [0.0; 2],
            gaze: [0.0; 2],
        }
    }
}
