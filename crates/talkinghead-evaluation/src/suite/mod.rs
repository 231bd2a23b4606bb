//! A named list of clips and of what is to be made of each: the same jobs, scored the same way, for ours and for anybody's.

mod baselines;
mod file;
mod run;

pub use baselines::Baseline;
pub use file::{Job, JobRenderer, Suite, SuiteClip, Task};
pub use run::{JobOutcome, Maker, Order, SkippedJob, SuiteOutcome, run_suite};
