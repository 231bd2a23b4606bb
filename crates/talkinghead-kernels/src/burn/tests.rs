//! Shapes that do not fit are refused before Burn's operations, which could only panic, are entered.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor};

use super::{MapBranch, MapModulation, attention, convolve, grid_sample, instance_norm, merge_shots, modulate, scale_and_shift};
use crate::{Activation, Corners, Geometry, InstructionSet, KernelError, ModulationWeights};

fn zeros<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::zeros(shape, &Device::flex())
}

fn trained<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::zeros(shape, &Device::flex().autodiff()).require_grad()
}

#[test]
fn a_convolution_refuses_what_does_not_fit() {
    let geometry = Geometry::new(2, 4, 3).padding(1);
    let run = |x: [usize; 4], weight: [usize; 4], bias: usize| {
        convolve(zeros(x), zeros(weight), Some(zeros([bias])), geometry).map(|y| y.dims())
    };
    assert_eq!(run([1, 2, 5, 6], [4, 2, 3, 3], 4), Ok([1, 4, 5, 6]));
    assert!(matches!(run([1, 3, 5, 6], [4, 2, 3, 3], 4), Err(KernelError::Length { .. })));
    // As many numbers, in another order.
    assert!(matches!(run([1, 2, 5, 6], [2, 4, 3, 3], 4), Err(KernelError::Shape { .. })));
    assert!(matches!(run([1, 2, 5, 6], [4, 2, 3, 3], 3), Err(KernelError::Length { .. })));
    assert!(matches!(
        convolve(zeros([1, 2, 1, 1]), zeros([4, 2, 3, 3]), None, Geometry::new(2, 4, 3)),
        Err(KernelError::Geometry(_))
    ));
    assert!(convolve(trained([1, 2, 5, 6]), trained([4, 2, 3, 3]), Some(trained([3])), geometry).is_err());
}

#[test]
fn a_norm_that_has_no_gradient_is_refused() {
    assert!(instance_norm(trained([1, 2, 3, 4]), 1e-5, 0.2).is_ok());
    assert!(matches!(instance_norm(trained([1, 2, 3, 4]), 1e-5, 0.0), Err(KernelError::Geometry(_))));
}

#[test]
fn a_grid_of_another_batch_or_without_two_axes_is_refused() {
    let run = |grid: [usize; 4]| grid_sample(zeros([2, 3, 4, 4]), zeros(grid), Corners::Centres).map(|y| y.dims());
    assert_eq!(run([2, 5, 6, 2]), Ok([2, 3, 5, 6]));
    for grid in [[1, 5, 6, 2], [2, 5, 6, 3]] {
        assert!(matches!(run(grid), Err(KernelError::Shape { .. })), "{grid:?}");
    }
    assert!(grid_sample(zeros([2, 3, 0, 4]), zeros([2, 5, 6, 2]), Corners::Centres).is_err());
}

#[test]
fn attention_over_shots_refuses_other_batches_and_sizes() {
    assert!(attention(zeros([1, 2, 3, 4, 4]), zeros([2, 3, 4, 4])).is_ok());
    assert!(attention(zeros([3, 2, 3, 4, 4]), zeros([2, 3, 4, 4])).is_err());
    assert!(attention(zeros([1, 2, 3, 4, 4]), zeros([2, 3, 4, 5])).is_err());
    let joint = |shape| Some(zeros(shape));
    assert!(merge_shots(zeros([1, 2, 3, 4, 4]), zeros([2, 2, 4, 4]), joint([1, 3, 4, 4])).is_ok());
    assert!(merge_shots(zeros([1, 2, 3, 4, 4]), zeros([2, 2, 4, 4]), joint([1, 3, 4, 5])).is_err());
    assert!(merge_shots(zeros([1, 2, 3, 4, 4]), zeros([2, 3, 4, 4]), None).is_err());
}

#[test]
fn a_modulation_is_never_left_out() {
    let weights = ModulationWeights::new(InstructionSet::chosen_or_fastest(), 3, &[0.0; 6], &[0.0; 6], None).unwrap();
    let run = |sets: usize, map: [usize; 4]| {
        let weights = vec![weights.clone(); sets];
        let modulations = vec![MapModulation { weights: &weights, map: zeros(map) }];
        let branch = MapBranch { scale: None, shift: None, modulations };
        modulate(zeros([2, 3, 4, 4]), vec![branch], Activation::Identity).map(drop)
    };
    assert_eq!(run(1, [2, 2, 4, 4]), Ok(()));
    assert_eq!(run(2, [2, 2, 4, 4]), Ok(()));
    assert!(run(3, [2, 2, 4, 4]).is_err());
    assert!(run(0, [2, 2, 4, 4]).is_err());
    assert!(run(1, [1, 2, 4, 4]).is_err());
    assert!(run(1, [2, 2, 4, 3]).is_err());
    assert!(scale_and_shift(zeros([2, 3, 4, 4]), &[1.0; 2], &[0.0; 2], Activation::Identity).is_err());
}
