//! Tensors compared, each by the measure and within the bound that its name asks for.

use std::collections::BTreeMap;

use serde_json::Value;
use talkinghead_formats::{HostTensor, StateDict};

use crate::golden::{Measure, Report, TensorComparison};

/// Bound for pictures.
const PICTURE_TOLERANCE: f64 = 2e-4;
/// The reference's own rounding error, where a folder states it, may be exceeded this many times.
const ROUNDING_FACTOR: f64 = 10.0;
/// Bound for everything else, relative.
const FEATURE_TOLERANCE: f64 = 1e-3;
/// Differences are not divided by anything smaller: true gradients can be zero.
const SMALLEST_SCALE: f64 = 1e-4;

/// A report in the making.
pub(super) struct TensorReport {
    report: Report,
    tolerance: Option<f64>,
    rounding: BTreeMap<String, f64>,
}

impl TensorReport {
    pub(super) fn new(report: Report, tolerance: Option<f64>) -> Self {
        Self { report, tolerance, rounding: BTreeMap::new() }
    }

    pub(super) fn finish(self) -> Report {
        self.report
    }

    /// Takes the folder's word for how far the reference itself is from the same network in double precision, by tensor.
    pub(super) fn set_rounding(&mut self, stated: Option<&Value>) {
        let pairs = stated.and_then(Value::as_object).into_iter().flatten();
        self.rounding = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect();
    }

    /// Compares every tensor of `wanted` with ours of the same name.
    pub(super) fn compare_all(&mut self, wanted: &StateDict, found: &StateDict) {
        for (name, wanted) in wanted.iter() {
            self.compare(name, wanted, found.get(name));
        }
    }

    /// Compares one tensor.
    pub(super) fn compare(&mut self, name: &str, wanted: &HostTensor, found: Option<&HostTensor>) {
        let measure = measure_of(name);
        let mut tensor =
            TensorComparison { shape: wanted.shape.clone(), max_absolute: None, max_relative: None, measure, problem: None };
        match found {
            None => tensor.problem = Some("the network made no such tensor".into()),
            Some(found) if found.shape != wanted.shape => {
                tensor.problem = Some(format!("shape: wanted {:?}, found {:?}", wanted.shape, found.shape));
            }
            Some(found) => {
                let absolute = difference(&wanted.values, &found.values);
                let scale = wanted.values.iter().fold(SMALLEST_SCALE, |most, value| most.max(f64::from(value.abs())));
                tensor.max_absolute = Some(absolute);
                tensor.max_relative = Some(absolute / scale);
                if !absolute.is_finite() {
                    tensor.problem = Some("values that are not finite".into());
                }
            }
        }
        let tolerance = self.tolerance_of(name, measure);
        self.report.add_tensor(name, tolerance, tensor);
    }

    fn tolerance_of(&self, name: &str, measure: Measure) -> f64 {
        let stated = name.split(' ').next().and_then(|name| self.rounding.get(name)).copied().unwrap_or(0.0);
        match measure {
            Measure::Exact => 0.0,
            Measure::Absolute => self.tolerance.unwrap_or(PICTURE_TOLERANCE.max(ROUNDING_FACTOR * stated)),
            Measure::Relative => self.tolerance.unwrap_or(FEATURE_TOLERANCE),
        }
    }
}

fn measure_of(name: &str) -> Measure {
    if name == "ref_idx" {
        Measure::Exact
    } else if name.starts_with("img_") && !name.contains("embedding") || name.starts_with("warped_") {
        Measure::Absolute
    } else {
        Measure::Relative
    }
}

/// Largest absolute difference; infinite as soon as one side is not a number.
fn difference(wanted: &[f32], found: &[f32]) -> f64 {
    wanted.iter().zip(found).fold(0.0_f64, |most, (a, b)| {
        let difference = (f64::from(*a) - f64::from(*b)).abs();
        if difference.is_nan() { f64::INFINITY } else { most.max(difference) }
    })
}

/// A number as a tensor.
pub(super) fn scalar_tensor(value: f64) -> HostTensor {
    HostTensor { shape: Vec::new(), values: vec![value as f32], integer: false }
}
