//! What was compared and how it came out.

use std::path::Path;

use serde::Serialize;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// Largest difference, or share or number of differing values, as `unit` says.
    pub difference: f64,
    /// What is allowed.
    pub tolerance: f64,
    /// What the two numbers count.
    pub unit: &'static str,
    /// Whether it is within the tolerance.
    pub passed: bool,
}

/// All comparisons with a folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The folder.
    pub folder: String,
    /// In order.
    pub checks: Vec<Check>,
    /// What a whole golden folder has and this one lacks: it was not compared.
    pub missing: Vec<String>,
}

impl Report {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.display().to_string(), checks: Vec::new(), missing: Vec::new() }
    }

    pub(super) fn add(&mut self, name: impl Into<String>, difference: f64, tolerance: f64, unit: &'static str) {
        // A NaN is within no tolerance.
        self.checks.push(Check { name: name.into(), difference, tolerance, unit, passed: difference <= tolerance });
    }

    /// Something that must be equal.
    pub(super) fn same(&mut self, name: impl Into<String>, equal: bool) {
        self.add(name, f64::from(u8::from(!equal)), 0.0, "wrong");
    }

    /// Whether everything is within its tolerance.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// Number of comparisons beyond their tolerance.
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|check| !check.passed).count()
    }

    /// One JSON object: `passed`, `folder`, `checks`, `missing`. A difference that is no number (arrays of unequal lengths, a
    /// NaN) is `null`.
    pub fn to_json(&self) -> String {
        let object = serde_json::json!({
            "passed": self.passed(),
            "folder": self.folder,
            "checks": self.checks,
            "missing": self.missing,
        });
        format!("{object:#}")
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for check in &self.checks {
            let mark = if check.passed { "ok    " } else { "FAILED" };
            writeln!(
                formatter,
                "{mark} {:<36} {:>10.3e} of {:>8.1e} {}",
                check.name, check.difference, check.tolerance, check.unit
            )?;
        }
        for name in &self.missing {
            writeln!(formatter, "absent {name:<36} not in the folder, not compared")?;
        }
        write!(formatter, "{} of {} comparisons hold", self.checks.len() - self.failed(), self.checks.len())
    }
}

/// Largest absolute difference; infinite when the lengths differ.
pub(super) fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |most, value| if value.is_nan() { f64::INFINITY } else { most.max(value) })
}
