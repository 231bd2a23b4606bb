//! Where the time goes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use crate::lock::locked;
use crate::statistics::rounded;

/// Seconds by stage, summed over all jobs.
pub type StageSeconds = BTreeMap<String, f64>;

/// Adds up the time of stages; shared by all jobs.
#[derive(Debug, Default)]
pub(crate) struct StageTimer(Mutex<StageSeconds>);

impl StageTimer {
    /// Does something and adds its time to a stage.
    pub(crate) fn time<T>(&self, stage: &str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        *locked(&self.0).entry(stage.to_owned()).or_default() += start.elapsed().as_secs_f64();
        done
    }

    pub(crate) fn seconds(&self) -> StageSeconds {
        locked(&self.0).iter().map(|(stage, seconds)| (stage.clone(), rounded(*seconds, 3))).collect()
    }
}
