//! What a generation did: frames, time, memory, and what was not quite right.

use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Core-seconds (user and system time) of each stage's own threads, of what ffmpeg did for it (`probing`, `decoding`, `sound`,
    /// `encoding`, `muxing`), of the `shared_threads` that several stages use, and of all `other` work of the process: together
    /// `core_seconds`. Empty where the system does not say. Jobs that run at the same time in one process are not told apart.
    pub stage_core_seconds: BTreeMap<&'static str, f64>,
    /// Core-seconds of the process and its children from start to end; `None` where the system does not say.
    pub core_seconds: Option<f64>,
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
