//! Making and scoring.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::file::{Job, Suite, SuiteClip, Task};
use crate::EvaluationError;
use crate::evaluation::{Evaluation, Evaluator, FailedPair, Pair};

/// A video that a generator is to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Pictures or videos of the person.
    pub references: Vec<PathBuf>,
    /// Pictures of them that are used; all where there is none.
    pub shots: Option<NonZeroUsize>,
    /// What is spoken.
    pub audio: PathBuf,
    /// The video whose whole motion is taken over; made from the sound where there is none.
    pub motion: Option<PathBuf>,
    /// Seed of everything random.
    pub seed: u64,
    /// The video to write.
    pub output: PathBuf,
}

/// Whoever makes videos.
pub trait Maker {
    /// Makes one.
    ///
    /// # Errors
    /// What went wrong, in a line.
    fn make(&mut self, order: &Order) -> Result<(), String>;
}

/// A job, done with every clip.
#[derive(Clone, Debug, serde::Serialize)]
pub struct JobOutcome {
    /// The job's name.
    pub name: String,
    /// What was done, in words.
    pub about: String,
    /// Its scores.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// A suite, done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SuiteOutcome {
    /// The suite's name.
    pub suite: String,
    /// Its jobs, in order.
    pub jobs: Vec<JobOutcome>,
}

/// Makes every job's videos in a folder each of `work`, and scores them. `tell` hears what is being done.
///
/// # Errors
/// The folder cannot be written. What fails with one clip is listed in its job's [`Evaluation::failed`].
pub fn run_suite(
    suite: &Suite,
    evaluator: &mut Evaluator,
    maker: &mut dyn Maker,
    work: &Path,
    mut tell: impl FnMut(&str),
) -> Result<SuiteOutcome, EvaluationError> {
    let mut jobs = Vec::new();
    for job in &suite.jobs {
        let folder = work.join(file_name(&job.name));
        std::fs::create_dir_all(&folder).map_err(|source| EvaluationError::io(&folder, source))?;
        let (mut pairs, mut failed) = (Vec::new(), Vec::new());
        for index in 0..suite.clips.len() {
            let (order, pair) = plan(suite, job, index, &folder);
            tell(&format!("{}: {}", job.name, pair.generated.display()));
            match make(job.make, &order, maker) {
                Ok(()) => pairs.push(pair),
                Err(error) => failed.push(FailedPair { pair, error }),
            }
        }
        tell(&format!("{}: measuring", job.name));
        let mut evaluation = evaluator.evaluate(&pairs, |_, _| {});
        evaluation.failed.extend(failed);
        jobs.push(JobOutcome { name: job.name.clone(), about: job.make.about().to_owned(), evaluation });
    }
    Ok(SuiteOutcome { suite: suite.name.clone(), jobs })
}

fn make(task: Task, order: &Order, maker: &mut dyn Maker) -> Result<(), String> {
    match task.baseline() {
        Some(baseline) => baseline.make(&order.audio, &order.output).map_err(|error| error.to_string()),
        None if task == Task::Files => Ok(()),
        None => maker.make(order),
    }
}

/// What is made of a clip, and what it is held against.
fn plan(suite: &Suite, job: &Job, index: usize, folder: &Path) -> (Order, Pair) {
    let clip = &suite.clips[index];
    let other = &suite.clips[(index + suite.clips.len().div_ceil(2)) % suite.clips.len()];
    let person = if job.make == Task::CrossIdentity { other } else { clip };
    let reference = |clip: &SuiteClip| clip.reference.clone().unwrap_or_else(|| clip.file.clone());
    let references = match job.make {
        Task::Sound | Task::WrongSound => reference(person),
        _ => person.file.clone(),
    };
    let moved = matches!(job.make, Task::SelfReenactment | Task::CrossIdentity);
    let output = job.folder.as_deref().unwrap_or(folder).join(format!("{}.mp4", clip_name(suite, clip)));
    let order = Order {
        references: vec![references],
        shots: job.shots,
        audio: if job.make == Task::WrongSound { other.file.clone() } else { clip.file.clone() },
        motion: moved.then(|| clip.file.clone()),
        seed: job.seed,
        output: output.clone(),
    };
    let identity = (job.make == Task::CrossIdentity).then(|| other.file.clone());
    let pair = Pair {
        generated: output,
        real: Some(clip.file.clone()),
        reference: identity,
        fixed_form: clip.fixed_form,
        person: Some(person.person.clone()),
    };
    (order, pair)
}

/// The clip's path within the material, without extension, as one name.
fn clip_name(suite: &Suite, clip: &SuiteClip) -> String {
    let within = clip.file.strip_prefix(&suite.material).unwrap_or(&clip.file).with_extension("");
    file_name(&within.to_string_lossy())
}

/// A name without what file systems do not like.
fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '.' || c == '-' { c } else { '_' }).collect()
}
