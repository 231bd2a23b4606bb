//! What a teacher says.

use burn::tensor::Tensor;

/// A teacher's flow, and how far to believe it. On the device of the pictures, without gradients.
#[derive(Debug, Clone)]
pub struct TeacherFlow {
    /// `[batch, 2, height, width]`, pixels, x (right) then y (down): what is at a pixel of the first picture is at that pixel plus
    /// the flow in the second.
    pub flow: Tensor<4>,
    /// `[batch, 1, height, width]`, 0 (not at all) to 1.
    pub confidence: Tensor<4>,
}
