//! What a comparison found, tensor by tensor.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::Network;
use crate::weights::{HostTensor, StateDict};

/// Bound for pictures.
const PICTURE_TOLERANCE: f64 = 2e-4;
/// The reference's own rounding error, where a folder states it, may be exceeded this many times.
const ROUNDING_FACTOR: f64 = 10.0;
/// Bound for everything else, relative.
const FEATURE_TOLERANCE: f64 = 1e-3;
/// Differences are not divided by anything smaller: true gradients can be zero.
const SMALLEST_SCALE: f64 = 1e-4;

/// Which difference a tensor is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The largest absolute difference.
    Absolute,
    /// The largest absolute difference, divided by the largest expected magnitude.
    Relative,
    /// Equality.
    Exact,
}

/// One tensor's comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Name in the folder.
    pub name: String,
    /// Expected shape.
    pub shape: Vec<usize>,
    /// Largest absolute difference; none if the tensor could not be compared.
    pub max_absolute: Option<f64>,
    /// The same divided by the largest expected magnitude.
    pub max_relative: Option<f64>,
    /// What it is judged by.
    pub measure: Measure,
    /// Bound of that measure.
    pub tolerance: f64,
    /// Whether it is within the bound.
    pub passed: bool,
    /// Why it could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// All comparisons of a folder.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `generator` or `discriminator`.
    pub network: String,
    /// The folder.
    pub folder: String,
    /// One entry per tensor.
    pub tensors: Vec<Comparison>,
    #[serde(skip)]
    tolerance: Option<f64>,
    #[serde(skip)]
    rounding: BTreeMap<String, f64>,
}

impl Report {
    pub(super) fn new(network: Network, folder: &Path, tolerance: Option<f64>) -> Self {
        let network = match network {
            Network::Generator => "generator",
            Network::Discriminator => "discriminator",
        };
        Self {
            network: network.into(),
            folder: folder.display().to_string(),
            tensors: Vec::new(),
            tolerance,
            rounding: BTreeMap::new(),
        }
    }

    /// Takes the folder's word for how far the reference itself is from the same network in double precision, by tensor.
    pub(super) fn set_rounding(&mut self, stated: Option<&serde_json::Value>) {
        let pairs = stated.and_then(|stated| stated.as_object()).into_iter().flatten();
        self.rounding = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect();
    }

    /// Whether there was something to compare and all of it is within its bound.
    pub fn passed(&self) -> bool {
        !self.tensors.is_empty() && self.tensors.iter().all(|tensor| tensor.passed)
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("passed".into(), self.passed().into());
        }
        value.to_string()
    }

    /// Compares every tensor of `wanted` with ours of the same name.
    pub(super) fn compare_all(&mut self, wanted: &StateDict, found: &StateDict) {
        for (name, wanted) in wanted.iter() {
            self.compare(name, wanted, found.get(name));
        }
    }

    /// Compares one tensor.
    pub(super) fn compare(&mut self, name: &str, wanted: &HostTensor, found: Option<&HostTensor>) {
        let measure = if name == "ref_idx" {
            Measure::Exact
        } else if name.starts_with("img_") && !name.contains("embedding") || name.starts_with("warped_") {
            Measure::Absolute
        } else {
            Measure::Relative
        };
        let stated = name.split(' ').next().and_then(|name| self.rounding.get(name)).copied().unwrap_or(0.0);
        let usual =
            if measure == Measure::Absolute { PICTURE_TOLERANCE.max(ROUNDING_FACTOR * stated) } else { FEATURE_TOLERANCE };
        let tolerance = if measure == Measure::Exact { 0.0 } else { self.tolerance.unwrap_or(usual) };
        let mut comparison = Comparison {
            name: name.into(),
            shape: wanted.shape.clone(),
            max_absolute: None,
            max_relative: None,
            measure,
            tolerance,
            passed: false,
            problem: None,
        };
        match found {
            None => comparison.problem = Some("the network made no such tensor".into()),
            Some(found) if found.shape != wanted.shape => {
                comparison.problem = Some(format!("shape: wanted {:?}, found {:?}", wanted.shape, found.shape));
            }
            Some(found) => {
                let absolute = difference(&wanted.values, &found.values);
                let scale = wanted.values.iter().fold(SMALLEST_SCALE, |most, value| most.max(f64::from(value.abs())));
                let relative = absolute / scale;
                let judged = if measure == Measure::Relative { relative } else { absolute };
                comparison.passed = judged <= tolerance;
                comparison.max_absolute = Some(absolute);
                comparison.max_relative = Some(relative);
                if !absolute.is_finite() {
                    comparison.problem = Some("values that are not finite".into());
                }
            }
        }
        self.tensors.push(comparison);
    }
}

/// Largest absolute difference; infinite as soon as one side is not a number.
fn difference(wanted: &[f32], found: &[f32]) -> f64 {
    wanted.iter().zip(found).fold(0.0_f64, |most, (a, b)| {
        let difference = (f64::from(*a) - f64::from(*b)).abs();
        if difference.is_nan() { f64::INFINITY } else { most.max(difference) }
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.tensors.iter().map(|tensor| tensor.name.len()).max().unwrap_or(0).max(6);
        writeln!(f, "{:width$}  {:>12}  {:>12}  {:>9}  ", "tensor", "max absolute", "max relative", "tolerance")?;
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.3e}"));
        for tensor in &self.tensors {
            let measure = match tensor.measure {
                Measure::Absolute => "absolute",
                Measure::Relative => "relative",
                Measure::Exact => "exact",
            };
            writeln!(
                f,
                "{:width$}  {:>12}  {:>12}  {:>9.1e}  {measure:8}  {}{}",
                tensor.name,
                number(tensor.max_absolute),
                number(tensor.max_relative),
                tensor.tolerance,
                if tensor.passed { "ok" } else { "FAILED" },
                tensor.problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}")),
            )?;
        }
        let failed = self.tensors.iter().filter(|tensor| !tensor.passed).count();
        write!(f, "{} of {} tensors within tolerance", self.tensors.len() - failed, self.tensors.len())
    }
}
