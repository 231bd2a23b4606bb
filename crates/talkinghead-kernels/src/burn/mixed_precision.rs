//! Mixed precision: convolutions and products of bf16 numbers, everything else in f32.
//!
//! Design decision: a scope of the calling thread, as autocasting is elsewhere. The networks' layers do not know of it: those of a
//! forward pass inside of [`with_precision`] round, and the gradients of what they computed are rounded at the same places, whoever
//! asks for them and when. Parameters, normalisation, losses and optimisers stay f32; bf16 has f32's range, so that losses
//! need no scaling.

use std::cell::Cell;

use burn::tensor::{FloatDType, Tensor};

use super::primitive::is_on_processor;
use crate::Precision;

thread_local! {
    static ROUNDS: Cell<bool> = const { Cell::new(false) };
}

/// Puts the scope around this one back, also when what runs in it panics.
struct Restored(bool);

impl Drop for Restored {
    fn drop(&mut self) {
        ROUNDS.set(self.0);
    }
}

/// Runs a forward pass in a precision: with [`Precision::Bf16`] the operands of convolutions and products are bf16, and so are their
/// results before they become f32 again; with any other one everything is f32. A device that multiplies bf16 does; the processor
/// computes in f32 with rounded numbers, which is no faster: it shows what training in bf16 comes to.
pub fn with_precision<T>(precision: Precision, run: impl FnOnce() -> T) -> T {
    let _restored = Restored(ROUNDS.replace(precision == Precision::Bf16));
    run()
}

/// An operand as this scope multiplies it. Differentiable: its gradient is rounded too.
pub(super) fn operand<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !ROUNDS.get() {
        return x;
    }
    let on_processor = is_on_processor(&x);
    let rounded = x.cast(FloatDType::BF16);
    if on_processor { rounded.cast(FloatDType::F32) } else { rounded }
}

/// What was made of such operands, as f32.
pub(super) fn result<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !ROUNDS.get() {
        return x;
    }
    let x = if is_on_processor(&x) { x.cast(FloatDType::BF16) } else { x };
    x.cast(FloatDType::F32)
}

/// The matrix product in the scope's precision. Differentiable.
///
/// # Panics
/// Shapes that do not fit, as [`Tensor::matmul`].
pub fn product<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    result(operand(a).matmul(operand(b)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::{Direction, Geometry};

    /// Not a number of bf16, whose neighbours here are 1 and 1.0078125.
    const BETWEEN: f32 = 1.0 + 1.0 / 512.0;

    fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec_as::<f32>().unwrap()
    }

    fn one_by_one() -> Geometry {
        Geometry {
            input: 1,
            output: 1,
            kernel: [1, 1],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            direction: Direction::Ordinary,
        }
    }

    #[test]
    fn convolutions_round_operands_results_and_gradients_inside_of_the_scope_alone() {
        let device = Device::flex().autodiff();
        let run = |precision| {
            let x = Tensor::<4>::full([1, 1, 1, 1], BETWEEN, &device).require_grad();
            let weight = Tensor::<4>::full([1, 1, 1, 1], 3.0, &device).require_grad();
            let y = with_precision(precision, || super::super::convolve(x.clone(), weight.clone(), None, one_by_one()).unwrap());
            let mut gradients = (y.clone() * BETWEEN).sum().backward();
            let [of_x, of_weight] = [&x, &weight].map(|tensor| numbers(tensor.grad_remove(&mut gradients).unwrap())[0]);
            (numbers(y)[0], of_x, of_weight)
        };
        assert_eq!(run(Precision::F32), (3.0 * BETWEEN, 3.0 * BETWEEN, BETWEEN * BETWEEN));
        assert_eq!(run(Precision::Bf16), (3.0, 3.0, 1.0));
        assert_eq!(run(Precision::Auto), run(Precision::F32));
    }

    #[test]
    fn products_round_and_a_scope_ends_with_a_panic() {
        let device = Device::flex();
        let square = || numbers(product(Tensor::<2>::full([1, 1], BETWEEN, &device), Tensor::full([1, 1], BETWEEN, &device)))[0];
        assert_eq!(with_precision(Precision::Bf16, square), 1.0);
        let inner = with_precision(Precision::Bf16, || with_precision(Precision::F32, square));
        assert_eq!(inner, BETWEEN * BETWEEN);
        let panicked = std::panic::catch_unwind(|| with_precision(Precision::Bf16, || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(square(), BETWEEN * BETWEEN);
    }
}
