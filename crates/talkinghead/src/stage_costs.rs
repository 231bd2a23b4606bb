//! What each stage of a job took: by the clock, and of the processor.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use talkinghead_media::{MediaWork, process_time, thread_time};

use crate::Stage;

/// Name of what the threads took that all stages share.
const SHARED: &str = "shared_threads";
/// Name of what nobody measured.
const OTHER: &str = "other";

/// Time of the stages, collected from several threads.
#[derive(Debug, Default)]
pub(crate) struct StageCosts {
    stages: Mutex<BTreeMap<Stage, Cost>>,
    begun: Option<Mark>,
}

#[derive(Debug, Default)]
struct Cost {
    wall: Duration,
    core: Duration,
}

/// What had been spent at one moment.
#[derive(Clone, Copy, Debug)]
struct Mark {
    process: Duration,
    media: [Duration; MediaWork::ALL.len()],
    shared: Duration,
}

impl Mark {
    fn now() -> Option<Self> {
        let shared = rayon::broadcast(|_| thread_time().unwrap_or_default()).into_iter().sum();
        Some(Self { process: process_time()?, media: MediaWork::ALL.map(MediaWork::spent), shared })
    }
}

impl StageCosts {
    /// Costs from now on.
    pub(crate) fn begin() -> Self {
        Self { stages: Mutex::default(), begun: Mark::now() }
    }

    /// Does a part of a stage on the calling thread, of which no part is measured inside another.
    pub(crate) fn measure<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = self.measure_core(stage, work);
        self.add(stage, |cost| cost.wall += start.elapsed());
        result
    }

    /// As [`StageCosts::measure`] for a thread that helps in a stage whose wall-clock time is measured elsewhere.
    pub(crate) fn measure_core<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = thread_time();
        let result = work();
        let taken = thread_time().zip(start).map_or(Duration::ZERO, |(end, start)| end.saturating_sub(start));
        self.add(stage, |cost| cost.core += taken);
        result
    }

    fn add(&self, stage: Stage, change: impl FnOnce(&mut Cost)) {
        change(self.stages.lock().unwrap_or_else(PoisonError::into_inner).entry(stage).or_default());
    }

    /// Wall-clock seconds by stage.
    pub(crate) fn seconds(&self) -> BTreeMap<&'static str, f64> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().map(|(stage, cost)| (stage.key(), milliseconds(cost.wall))).collect()
    }

    /// Core-seconds by stage, by what ffmpeg did, and what is left of all that the process and its children took; together they
    /// are what is given second. Nothing where the system does not say.
    pub(crate) fn core_seconds(&self) -> Option<(BTreeMap<&'static str, f64>, f64)> {
        let (begun, now) = (self.begun?, Mark::now()?);
        let mut costs: BTreeMap<&'static str, Duration> = BTreeMap::new();
        for (stage, cost) in self.stages.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *costs.entry(stage.key()).or_default() += cost.core;
        }
        for (work, (now, begun)) in MediaWork::ALL.iter().zip(now.media.iter().zip(begun.media)) {
            *costs.entry(work.key()).or_default() += now.saturating_sub(begun);
        }
        *costs.entry(SHARED).or_default() += now.shared.saturating_sub(begun.shared);
        let total = now.process.saturating_sub(begun.process);
        let measured = costs.values().sum();
        costs.insert(OTHER, total.saturating_sub(measured));
        Some((costs.into_iter().map(|(name, cost)| (name, milliseconds(cost))).collect(), milliseconds(total)))
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn work(milliseconds: u64) {
        let start = thread_time().unwrap();
        while thread_time().unwrap() - start < Duration::from_millis(milliseconds) {}
    }

    #[test]
    fn stages_and_the_rest_are_the_whole() {
        let costs = StageCosts::begin();
        std::thread::scope(|scope| {
            scope.spawn(|| costs.measure_core(Stage::Rendering, || work(30)));
            costs.measure(Stage::Rendering, || work(20));
        });
        rayon::broadcast(|_| work(10));
        work(20);
        let (stages, total) = costs.core_seconds().unwrap();
        assert!(stages["rendering"] >= 0.05 && stages[SHARED] >= 0.01 && stages[OTHER] >= 0.02, "{stages:?}");
        // Each is rounded to a millisecond.
        assert!((stages.values().sum::<f64>() - total).abs() < 0.001 * stages.len() as f64, "{stages:?} of {total}");
        assert!(costs.seconds()["rendering"] >= 0.02);
    }
}
