//! Median, mean and deviation of what is measured, rounded: descriptions are for people too.

use serde::{Deserialize, Serialize};

/// Least, mean, largest value and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Least.
    pub least: f64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub most: f64,
    /// Standard deviation.
    pub deviation: f64,
}

impl Statistics {
    /// Of some values, to two decimals; zeros without any.
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self { least: 0.0, mean: 0.0, most: 0.0, deviation: 0.0 };
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        Self {
            least: rounded(values.iter().copied().fold(f64::MAX, f64::min), 2),
            mean: rounded(mean, 2),
            most: rounded(values.iter().copied().fold(f64::MIN, f64::max), 2),
            deviation: rounded(variance.sqrt(), 2),
        }
    }
}

/// A number with so many decimals.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

/// The middle value (the upper one of two), zero without any; the values are sorted on the way.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
