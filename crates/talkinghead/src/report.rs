//! What a generation did: frames, time, memory, and what was not quite right.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Stage;

/// The outcome of a generation.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Report {
    /// The video.
    pub output: PathBuf,
    /// Frames written.
    pub frames: usize,
    /// Duration of the video in seconds.
    pub seconds: f64,
    /// Width and height of the video in pixels.
    pub size: (u32, u32),
    /// Wall-clock seconds of each stage. Stages overlap, so that their sum may be larger than `elapsed_seconds`.
    pub stage_seconds: BTreeMap<&'static str, f64>,
    /// Wall-clock seconds from start to end.
    pub elapsed_seconds: f64,
    /// Seconds of video made in one second.
    pub real_time_factor: f64,
    /// Largest resident memory of this process in bytes; `None` where the system does not say.
    pub peak_memory_bytes: Option<u64>,
    /// Largest resident memory of one ffmpeg child in bytes, looked at now and then; `None` if never seen.
    pub child_peak_memory_bytes: Option<u64>,
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
    /// What may be good to know, one sentence each.
    pub notes: Vec<String>,
}

/// Wall-clock time of the stages, collected from several threads.
#[derive(Debug, Default)]
pub(crate) struct StageTimes(Mutex<BTreeMap<Stage, Duration>>);

impl StageTimes {
    pub(crate) fn measure<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(stage).or_default() += start.elapsed();
        result
    }

    pub(crate) fn seconds(&self) -> BTreeMap<&'static str, f64> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.iter().map(|(stage, time)| (stage.key(), (time.as_secs_f64() * 1e3).round() / 1e3)).collect()
    }
}
