//! Optimiser steps on plain tensors of the processor, in place where nobody else holds them.

use burn::tensor::Tensor;

use super::primitive::{Numbers, owned, plain, wrap};
use crate::convolution::check;
use crate::{AdamStep, KernelError};

/// What Adam remembers of a parameter's gradients.
#[derive(Debug, Clone)]
pub struct AdamMoments {
    /// Mean; absent where the gradient itself takes its place (`beta1` 0).
    pub first: Option<Tensor<1>>,
    /// Mean square.
    pub second: Tensor<1>,
}

/// An Adam step: the new parameter. All are flat, of one length.
///
/// # Errors
/// Unequal lengths, or tensors that are elsewhere or carry gradients.
pub fn adam(
    parameter: Tensor<1>,
    gradient: Tensor<1>,
    moments: AdamMoments,
    step: AdamStep,
) -> Result<(Tensor<1>, AdamMoments), KernelError> {
    let gradient = plain(gradient)?;
    let (mut parameter, mut second) = (owned(parameter)?, owned(moments.second)?);
    let mut first = moments.first.map(owned).transpose()?;
    let mean = first.as_mut().map(|first| first.storage_mut::<f32>());
    step.apply(parameter.storage_mut::<f32>(), gradient.slice(), mean, second.storage_mut::<f32>())?;
    Ok((wrap(parameter), AdamMoments { first: first.map(wrap), second: wrap(second) }))
}

/// `average * decay + value * (1 - decay)`. Both are flat, of one length.
///
/// # Errors
/// As [`adam`].
pub fn moving_average(average: Tensor<1>, value: Tensor<1>, decay: f32) -> Result<Tensor<1>, KernelError> {
    let value = plain(value)?;
    let mut average = owned(average)?;
    let to = average.storage_mut::<f32>();
    check("value", value.slice().len(), to.len())?;
    to.iter_mut().zip(value.slice()).for_each(|(average, value)| *average = *average * decay + value * (1.0 - decay));
    Ok(wrap(average))
}

/// Sum of the squares of a plain tensor.
///
/// # Errors
/// As [`adam`].
pub fn sum_of_squares(x: Tensor<1>) -> Result<f64, KernelError> {
    Ok(crate::sum_of_squares(Numbers::slice(&plain(x)?)))
}
