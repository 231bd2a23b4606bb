//! Measures of difference.

use talkinghead_synthesis::weights::HostTensor;

/// Largest absolute difference; infinite where nothing can be compared.
pub(super) fn largest(wanted: &HostTensor, found: Option<&HostTensor>) -> f64 {
    let Some(found) = found.filter(|found| found.shape == wanted.shape) else { return f64::INFINITY };
    let differences = wanted.values.iter().zip(&found.values).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    differences.fold(0.0, |most, value| if value.is_nan() { f64::INFINITY } else { most.max(value) })
}

/// Length of a tensor.
pub(super) fn length(tensor: &HostTensor) -> f64 {
    tensor.values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// Length of the difference divided by the length of what is wanted; infinite where nothing can be compared.
pub(super) fn by_length(wanted: &HostTensor, found: Option<&HostTensor>) -> f64 {
    let Some(found) = found.filter(|found| found.shape == wanted.shape) else { return f64::INFINITY };
    let squares = wanted.values.iter().zip(&found.values).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    squares.sum::<f64>().sqrt() / length(wanted).max(f64::MIN_POSITIVE)
}

/// Sum, length, first and last value.
pub(super) fn summary(tensor: &HostTensor) -> [f64; 4] {
    let end = |value: Option<&f32>| value.map_or(f64::NAN, |value| f64::from(*value));
    let sum = tensor.values.iter().map(|value| f64::from(*value)).sum();
    [sum, length(tensor), end(tensor.values.first()), end(tensor.values.last())]
}
