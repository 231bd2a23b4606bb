//! What flow networks are taught.

use burn::tensor::Tensor;

use crate::flow::TeacherFlow;

/// Distance of a flow `[batch, 2, H, W]` from the teacher's where that is confident, averaged over all numbers, confident or not.
pub fn flow_loss(flow: &Tensor<4>, teacher: &TeacherFlow) -> Tensor<1> {
    // Confidence is never negative, so |a*c - b*c| = |a - b|*c up to rounding; as published, both are multiplied.
    let confident = |flow: &Tensor<4>| flow.clone() * teacher.confidence.clone();
    (confident(flow) - confident(&teacher.flow)).abs().mean()
}

/// Distance of a warped source `[batch, 3, H, W]` from the real frame.
pub fn warp_loss(warped: &Tensor<4>, real: &Tensor<4>) -> Tensor<1> {
    (warped.clone() - real.clone()).abs().mean()
}

/// What an occlusion mask `[batch, 1, H, W]` should be: 0 where the warped source is right (1 keeps the synthesised picture), 1 where it is
/// wrong. Gradient reaches the warped source too, as published.
pub fn mask_loss(mask: &Tensor<4>, warped: &Tensor<4>, real: &Tensor<4>) -> Tensor<1> {
    let right = (warped.clone() - real.clone()).abs().sum_dim(1).neg().add_scalar(1.0).clamp(0.0, 1.0);
    let kept = (mask.clone() * right.clone()).abs().mean();
    let dropped = (mask.clone().sub_scalar(1.0) * right.neg().add_scalar(1.0)).abs().mean();
    kept + dropped
}
