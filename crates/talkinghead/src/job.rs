//! What every job hands down through its stages: word of progress, a way to stop, a clock.

use std::sync::Arc;

use talkinghead_simd::InstructionSet;

use crate::progress::OnProgress;
use crate::stage_costs::StageCosts;
use crate::{Cancellation, GenerationError, Progress, Stage};

/// What every builder of a job lets its caller set; for an `impl` whose value has a field `job`.
macro_rules! job_settings {
    () => {
        /// Is told how far it has come, now and then and from any thread; must return quickly.
        pub fn on_progress(mut self, callback: impl Fn($crate::Progress) + Send + Sync + 'static) -> Self {
            self.job.set_on_progress(callback);
            self
        }

        /// Can be stopped through `cancellation`, which several jobs may share: one that fails does not stop the others.
        pub fn cancelled_by(mut self, cancellation: &$crate::Cancellation) -> Self {
            self.job.set_cancellation(cancellation);
            self
        }
    };
}
pub(crate) use job_settings;

/// Progress, cancellation and stage times of one job. Clones belong to the same job.
#[derive(Clone)]
pub(crate) struct Job {
    on_progress: OnProgress,
    cancellation: Cancellation,
    costs: Arc<StageCosts>,
}

impl Default for Job {
    fn default() -> Self {
        Self { on_progress: Arc::new(|_| {}), cancellation: Cancellation::default(), costs: Arc::default() }
    }
}

impl Job {
    pub(crate) fn set_on_progress(&mut self, callback: impl Fn(Progress) + Send + Sync + 'static) {
        self.on_progress = Arc::new(callback);
    }

    pub(crate) fn set_cancellation(&mut self, cancellation: &Cancellation) {
        self.cancellation = cancellation.clone();
    }

    /// This job begun afresh: its clock at zero, and stopping it stops nothing else.
    ///
    /// # Errors
    /// The environment asks for instructions that are not there: told before any work, since what is deep inside cannot.
    pub(crate) fn begin(&self) -> Result<Self, GenerationError> {
        InstructionSet::chosen()?;
        let on_progress = Arc::clone(&self.on_progress);
        Ok(Self { on_progress, cancellation: self.cancellation.child(), costs: Arc::new(StageCosts::begin()) })
    }

    pub(crate) fn tell(&self, stage: Stage, done: usize, total: Option<usize>) {
        (self.on_progress)(Progress { stage, done, total });
    }

    /// Stops what else is under way for this job.
    pub(crate) fn stop(&self) {
        self.cancellation.cancel();
    }

    pub(crate) fn check(&self) -> Result<(), GenerationError> {
        self.cancellation.check()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Does a part of a stage and adds its time to the stage's.
    pub(crate) fn measure<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let _span = tracing::debug_span!("stage", name = stage.key()).entered();
        tracing::debug!("begins");
        let result = self.costs.measure(stage, work);
        tracing::debug!("ends");
        result
    }

    /// Does a stage's work on one of several threads, and adds what it took of the processor.
    pub(crate) fn measure_core<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        self.costs.measure_core(stage, work)
    }

    pub(crate) fn costs(&self) -> &StageCosts {
        &self.costs
    }
}
