//! `metrics.jsonl`: what every step and validation said, one JSON object a line.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::validation::Scores;

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricLine {
    /// Steps done.
    pub step: u64,
    /// Epoch, counted from 1.
    pub epoch: u64,
    /// Losses under their published names, weighted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub losses: BTreeMap<String, f64>,
    /// Length of the generator's and the discriminator's gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradients: Option<[f64; 2]>,
    /// Learning rates of generator and discriminator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<[f64; 2]>,
    /// Seconds of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Scores of a validation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Scores>,
}

/// The open file.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens it; lines of steps beyond `step` go, as the run goes on from there.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(path: &Path, step: u64) -> Result<Self, RunError> {
        let kept: String = Self::read(path)?
            .into_iter()
            .filter(|line| line.step <= step)
            .filter_map(|line| serde_json::to_string(&line).ok())
            .map(|line| line + "\n")
            .collect();
        talkinghead_media::write_file(path, kept.as_bytes())?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|source| RunError::File { action: "write", path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, line: &MetricLine) -> Result<(), RunError> {
        let mut text = serde_json::to_string(line).unwrap_or_default();
        text.push('\n');
        let failed = |source| RunError::File { action: "write", path: self.path.clone(), source };
        self.file.write_all(text.as_bytes()).map_err(failed)
    }

    /// All lines of a file; none if there is no file. A last line that was cut short is passed over.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> Result<Vec<MetricLine>, RunError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(RunError::File { action: "read", path: path.to_owned(), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_resumed_run_forgets_what_came_after_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let line = |step: u64| MetricLine { step, epoch: 1, ..MetricLine::default() };
        let mut metrics = Metrics::open(&path, 0).unwrap();
        (1..=5).for_each(|step| metrics.add(&line(step)).unwrap());
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"step\": 6, \"ep").unwrap();
        let mut metrics = Metrics::open(&path, 3).unwrap();
        metrics.add(&line(4)).unwrap();
        assert_eq!(Metrics::read(&path).unwrap(), [1, 2, 3, 4].map(line));
    }
}
