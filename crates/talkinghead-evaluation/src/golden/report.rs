//! What was compared and how it came out.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

/// What a folder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The generator network.
    Generator,
    /// The discriminator network.
    Discriminator,
    /// The preprocessing.
    Preprocessing,
    /// FlowNet2, a teacher of optical flow.
    FlowNet2,
    /// RAFT-small, a teacher of optical flow.
    Raft,
    /// The published network of head motion.
    HeadMotion,
    /// The published network from sound to landmarks.
    Expression,
    /// One step of training the generator.
    TrainingStep,
    /// The perceptual loss.
    Perceptual,
}

impl Subject {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Discriminator => "discriminator",
            Self::Preprocessing => "preprocessing",
            Self::FlowNet2 => "flownet2",
            Self::Raft => "raft",
            Self::HeadMotion => "head-motion",
            Self::Expression => "expression",
            Self::TrainingStep => "training-step",
            Self::Perceptual => "perceptual",
        }
    }
}

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

impl Measure {
    #[cfg(feature = "neural")]
    fn name(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Relative => "relative",
            Self::Exact => "exact",
        }
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What: a name in the folder.
    pub name: String,
    /// Largest difference, or share or number of differing values, as `unit` says; infinite where nothing could be compared.
    pub difference: f64,
    /// What is allowed.
    pub tolerance: f64,
    /// What the two numbers count.
    pub unit: &'static str,
    /// Whether it is within the tolerance.
    pub passed: bool,
    /// More, where a network's tensor was compared.
    pub tensor: Option<TensorComparison>,
}

/// What is known of a compared tensor beside the difference that it is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorComparison {
    /// Expected shape.
    pub shape: Vec<usize>,
    /// Largest absolute difference; none if the tensor could not be compared.
    pub max_absolute: Option<f64>,
    /// The same divided by the largest expected magnitude.
    pub max_relative: Option<f64>,
    /// What it is judged by.
    pub measure: Measure,
    /// Why it could not be compared.
    pub problem: Option<String>,
}

/// All comparisons with a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What the folder is about.
    pub subject: Subject,
    /// The folder.
    pub folder: String,
    /// In order.
    pub comparisons: Vec<Comparison>,
    /// What a whole golden folder has and this one lacks: it was not compared.
    pub missing: Vec<String>,
}

impl Report {
    /// An empty report on a folder.
    pub fn new(subject: Subject, folder: &Path) -> Self {
        Self { subject, folder: folder.display().to_string(), comparisons: Vec::new(), missing: Vec::new() }
    }

    /// Adds a comparison: a difference, what is allowed, and what the two numbers count.
    pub fn add(&mut self, name: impl Into<String>, difference: f64, tolerance: f64, unit: &'static str) {
        // A NaN is within no tolerance.
        let passed = difference <= tolerance;
        self.comparisons.push(Comparison { name: name.into(), difference, tolerance, unit, passed, tensor: None });
    }

    /// Something that must be equal.
    pub fn same(&mut self, name: impl Into<String>, equal: bool) {
        self.add(name, f64::from(u8::from(!equal)), 0.0, "wrong");
    }

    /// A tensor, judged by its measure.
    #[cfg(feature = "neural")]
    pub fn add_tensor(&mut self, name: impl Into<String>, tolerance: f64, tensor: TensorComparison) {
        let judged = if tensor.measure == Measure::Relative { tensor.max_relative } else { tensor.max_absolute };
        self.add(name, judged.unwrap_or(f64::INFINITY), tolerance, tensor.measure.name());
        if let Some(comparison) = self.comparisons.last_mut() {
            comparison.tensor = Some(tensor);
        }
    }

    /// Whether there was something to compare and all of it is within its tolerance.
    pub fn passed(&self) -> bool {
        !self.comparisons.is_empty() && self.failed() == 0
    }

    /// Number of comparisons beyond their tolerance.
    pub fn failed(&self) -> usize {
        self.comparisons.iter().filter(|comparison| !comparison.passed).count()
    }

    /// One JSON object. Of the generator and the discriminator: `passed`, `network`, `folder`, `tensors`; of anything else: `passed`,
    /// `folder`, `checks`, `missing`. A difference that is no number (arrays of unequal lengths, a NaN) is `null`.
    pub fn to_json(&self) -> String {
        if !matches!(self.subject, Subject::Generator | Subject::Discriminator) {
            let checks: Vec<_> = self.comparisons.iter().map(check_json).collect();
            return json!({ "passed": self.passed(), "folder": self.folder, "checks": checks, "missing": self.missing })
                .to_string();
        }
        let network = self.subject.name();
        let tensors: Vec<_> = self.comparisons.iter().map(tensor_json).collect();
        json!({ "passed": self.passed(), "network": network, "folder": self.folder, "tensors": tensors }).to_string()
    }
}

fn check_json(comparison: &Comparison) -> serde_json::Value {
    let Comparison { name, difference, tolerance, unit, passed, tensor: _ } = comparison;
    json!({ "name": name, "difference": difference, "tolerance": tolerance, "unit": unit, "passed": passed })
}

fn tensor_json(comparison: &Comparison) -> serde_json::Value {
    let mut value = json!({ "name": comparison.name, "tolerance": comparison.tolerance, "passed": comparison.passed });
    if let (Some(object), Some(tensor)) = (value.as_object_mut(), &comparison.tensor) {
        object.insert("shape".to_owned(), json!(tensor.shape));
        object.insert("max_absolute".to_owned(), json!(tensor.max_absolute));
        object.insert("max_relative".to_owned(), json!(tensor.max_relative));
        object.insert("measure".to_owned(), json!(tensor.measure));
        if let Some(problem) = &tensor.problem {
            object.insert("problem".to_owned(), json!(problem));
        }
    }
    value
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.comparisons.iter().map(|comparison| comparison.name.len()).max().unwrap_or(0).max(36);
        for comparison in &self.comparisons {
            let Comparison { name, difference, tolerance, unit, passed, tensor } = comparison;
            let mark = if *passed { "ok    " } else { "FAILED" };
            write!(formatter, "{mark} {name:<width$} {difference:>10.3e} of {tolerance:>8.1e} {unit}")?;
            match tensor.as_ref().and_then(|tensor| tensor.problem.as_ref()) {
                Some(problem) => writeln!(formatter, ": {problem}")?,
                None => writeln!(formatter)?,
            }
        }
        for name in &self.missing {
            writeln!(formatter, "absent {name:<width$} not in the folder, not compared")?;
        }
        write!(formatter, "{} of {} comparisons hold", self.comparisons.len() - self.failed(), self.comparisons.len())
    }
}

/// Largest absolute difference; infinite when the lengths differ or a value is no number.
pub fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let difference = |(a, b): (&f64, &f64)| (a - b).abs();
    a.iter().zip(b).map(difference).fold(0.0, |most, value| if value.is_nan() { f64::INFINITY } else { most.max(value) })
}
