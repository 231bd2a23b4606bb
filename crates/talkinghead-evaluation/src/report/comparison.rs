//! Two runs over the same clips: is the difference more than chance?

use std::collections::BTreeMap;
use std::path::Path;

use crate::EvaluationError;
use crate::evaluation::Evaluation;
use crate::statistics::{Interval, mean, of_clips};

/// What an earlier run's JSON says of each clip.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierRun {
    /// The file's name.
    pub name: String,
    clips: Vec<EarlierClip>,
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct EarlierClip {
    generated: std::path::PathBuf,
    #[serde(default)]
    real: Option<std::path::PathBuf>,
    metrics: BTreeMap<String, EarlierValue>,
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct EarlierValue {
    mean: f64,
}

#[derive(serde::Deserialize)]
struct File {
    #[serde(default)]
    clips: Vec<EarlierClip>,
    /// Of a suite.
    #[serde(default)]
    jobs: Vec<Job>,
}

#[derive(serde::Deserialize)]
struct Job {
    name: String,
    clips: Vec<EarlierClip>,
}

impl EarlierRun {
    /// Reads what `talkinghead evaluate --json` printed. `job`: which job of a suite.
    ///
    /// # Errors
    /// [`EvaluationError::Io`], [`EvaluationError::List`].
    pub fn read(path: &Path, job: Option<&str>) -> Result<Self, EvaluationError> {
        let bytes = std::fs::read(path).map_err(|source| EvaluationError::io(path, source))?;
        let wrong = |reason: String| EvaluationError::List { path: path.to_owned(), reason };
        let file: File = serde_json::from_slice(&bytes)
            .map_err(|error| wrong(format!("it is not what `talkinghead evaluate --json` prints: {error}")))?;
        let clips = match job {
            Some(job) => file.jobs.into_iter().find(|found| found.name == job).map(|job| job.clips).unwrap_or_default(),
            None => file.clips,
        };
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { name, clips })
    }

    /// The same clip: the same real video, or the same name where there is none.
    fn clip(&self, generated: &Path, real: Option<&Path>) -> Option<&EarlierClip> {
        self.clips.iter().find(|clip| match real {
            Some(real) => clip.real.as_deref() == Some(real),
            None => clip.generated.file_name() == generated.file_name(),
        })
    }
}

/// A metric in both runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Mean of the earlier run over the clips of both.
    pub earlier: f64,
    /// Mean of this run over them.
    pub now: f64,
    /// Where the mean of the differences, clip by clip, would lie in 95 of 100 cases.
    pub interval: Option<Interval>,
    /// Clips of both runs.
    pub clips: usize,
}

/// Differences of all metrics that both runs have, this run minus the earlier one, clip by clip.
pub fn paired_differences(now: &Evaluation, earlier: &EarlierRun) -> BTreeMap<String, PairedDifference> {
    let mut values: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for clip in &now.clips {
        let Some(before) = earlier.clip(&clip.pair.generated, clip.pair.real.as_deref()) else { continue };
        for (name, value) in &clip.scores.values {
            if let Some(old) = before.metrics.get(*name) {
                values.entry((*name).to_owned()).or_default().push((old.mean, value.mean));
            }
        }
    }
    let difference = |pairs: Vec<(f64, f64)>| {
        let differences: Vec<f64> = pairs.iter().map(|(old, new)| new - old).collect();
        let (old, new): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        PairedDifference { earlier: mean(&old), now: mean(&new), interval: of_clips(&differences), clips: new.len() }
    };
    values.into_iter().map(|(name, pairs)| (name, difference(pairs))).collect()
}
