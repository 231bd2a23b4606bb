//! How far a flow is to be believed: whether the second picture, looked up at the flow, shows the first.

use burn::tensor::Tensor;
use talkinghead_synthesis::layers::resize_bilinear;

use super::sampling::{resample, square_norm};

/// Largest squared distance of two colours (three channels of -1..1) that count as the same.
const SAME_COLOUR: f32 = 0.02;
/// A flow and the way back may miss each other by this much and the share of their lengths, squared (Sundaram et al., ECCV 2010).
const RETURN_BASE: f32 = 0.5;
const RETURN_SHARE: f32 = 0.01;

/// What is done about pixels that the second picture does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Occlusion {
    /// Nothing beyond the comparison of colours, as published.
    #[default]
    ByColour,
    /// The flow there and back again must return to where it started, too. Takes a second flow.
    ForwardBackward,
}

/// Squared colour distance of `first` to `second` at the flow, `[batch, 1, height, width]`.
pub fn colour_error(first: Tensor<4>, second: Tensor<4>, flow: Tensor<4>) -> Tensor<4> {
    square_norm(first - resample(second, flow))
}

/// 1 where that distance is small, else 0.
pub fn by_colour(error: Tensor<4>) -> Tensor<4> {
    error.lower_elem(SAME_COLOUR).float()
}

/// As [`by_colour`], of pictures of another size: the distances are resized, so that the result stays 0 or 1.
pub fn by_colour_resized(error: Tensor<4>, height: usize, width: usize) -> Tensor<4> {
    by_colour(resize_bilinear(error, height, width))
}

/// 1 where `backward`, looked up at `forward`, leads back (within half a pixel or so), else 0. Both are `[batch, 2, height, width]`.
pub fn by_return(forward: Tensor<4>, backward: Tensor<4>) -> Tensor<4> {
    let back = resample(backward, forward.clone());
    let miss = square_norm(forward.clone() + back.clone());
    let allowed = (square_norm(forward) + square_norm(back)).mul_scalar(RETURN_SHARE).add_scalar(RETURN_BASE);
    miss.lower(allowed).float()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn flow(u: f32) -> Tensor<4> {
        let values = [vec![u; 30], vec![0.0; 30]].concat();
        Tensor::from_data(TensorData::new(values, [1, 2, 3, 10]), &Device::flex())
    }

    fn sum(x: Tensor<4>) -> f32 {
        x.sum().into_scalar::<f32>()
    }

    #[test]
    fn a_flow_that_does_not_lead_back_is_not_believed() {
        assert_eq!(sum(by_return(flow(3.0), flow(-3.2))), 30.0);
        assert_eq!(sum(by_return(flow(3.0), flow(-1.0))), 0.0);
    }

    #[test]
    fn colours_decide_and_resizing_keeps_it_binary() {
        let values: Vec<f32> = (0..30).map(|i| if i % 10 < 5 { 0.0 } else { 0.2 }).collect();
        let error = Tensor::<4>::from_data(TensorData::new(values, [1, 1, 3, 10]), &Device::flex());
        assert_eq!(sum(by_colour(error.clone())), 15.0);
        let resized = by_colour_resized(error, 7, 23).into_data().try_into_vec_as::<f32>().unwrap();
        assert!(resized.iter().all(|value| *value == 0.0 || *value == 1.0) && resized.contains(&1.0));
    }
}
