//! Making and scoring.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::file::{Job, JobRenderer, Suite, SuiteClip, Task};
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
    /// Weights of the neural renderer; the projection without them.
    pub weights: Option<PathBuf>,
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

/// A job that was not done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SkippedJob {
    /// The job's name.
    pub name: String,
    /// Why, in words.
    pub why: String,
}

/// A suite, done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SuiteOutcome {
    /// The suite's name.
    pub suite: String,
    /// Its jobs, in order.
    pub jobs: Vec<JobOutcome>,
    /// Those that could not be done here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedJob>,
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
    let (mut jobs, mut skipped) = (Vec::new(), Vec::new());
    for job in &suite.jobs {
        if let Some(why) = obstacle(job) {
            tell(&format!("{}: skipped: {why}", job.name));
            skipped.push(SkippedJob { name: job.name.clone(), why });
            continue;
        }
        let folder = work.join(file_name(&job.name));
        std::fs::create_dir_all(&folder).map_err(|source| EvaluationError::io(&folder, source))?;
        let (mut pairs, mut failed) = (Vec::new(), Vec::new());
        for index in 0..suite.clips.len() {
            let (order, pair) = match plan(suite, job, index, &folder) {
                Ok(planned) => planned,
                Err(refused) => {
                    let (pair, error) = *refused;
                    failed.push(FailedPair { pair, error });
                    continue;
                }
            };
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
    Ok(SuiteOutcome { suite: suite.name.clone(), jobs, skipped })
}

/// Why a job cannot be done at all.
fn obstacle(job: &Job) -> Option<String> {
    if job.renderer != JobRenderer::Neural {
        return None;
    }
    match &job.weights {
        None => Some("the neural renderer needs weights, and none were named".to_owned()),
        Some(weights) if !weights.is_file() => Some(format!("there are no weights at {}", weights.display())),
        Some(_) => None,
    }
}

fn make(task: Task, order: &Order, maker: &mut dyn Maker) -> Result<(), String> {
    match task.baseline() {
        Some(baseline) => baseline.make(&order.audio, &order.output).map_err(|error| error.to_string()),
        None if task == Task::Files => Ok(()),
        None => maker.make(order),
    }
}

/// What is made of a clip, and what it is held against; or the pair that it would have been, and why it cannot be made.
fn plan(suite: &Suite, job: &Job, index: usize, folder: &Path) -> Result<(Order, Pair), Box<(Pair, String)>> {
    let clip = &suite.clips[index];
    let others = (0..suite.clips.len()).map(|k| &suite.clips[(index + suite.clips.len().div_ceil(2) + k) % suite.clips.len()]);
    let cross = job.make == Task::CrossIdentity;
    let other = others.into_iter().find(|other| if cross { other.person != clip.person } else { other.file != clip.file });
    let output = job.folder.as_deref().unwrap_or(folder).join(format!("{}.mp4", clip_name(suite, clip)));
    let other = match other {
        Some(other) => other,
        None if cross || job.make == Task::WrongSound => {
            let pair = Pair { generated: output, real: Some(clip.file.clone()), ..Pair::default() };
            return Err(Box::new((pair, "the suite has no other person or recording for it".to_owned())));
        }
        None => clip,
    };
    let person = if cross { other } else { clip };
    let reference = |clip: &SuiteClip| clip.reference.clone().unwrap_or_else(|| clip.file.clone());
    let references = match job.make {
        Task::Sound | Task::WrongSound => reference(person),
        _ => person.file.clone(),
    };
    let moved = matches!(job.make, Task::SelfReenactment | Task::CrossIdentity);
    let order = Order {
        references: vec![references],
        shots: job.shots,
        audio: if job.make == Task::WrongSound { other.file.clone() } else { clip.file.clone() },
        motion: moved.then(|| clip.file.clone()),
        weights: job.weights.clone().filter(|_| job.renderer == JobRenderer::Neural),
        seed: job.seed,
        output: output.clone(),
    };
    let identity = cross.then(|| other.file.clone());
    let pair = Pair {
        generated: output,
        real: Some(clip.file.clone()),
        reference: identity,
        fixed_form: clip.fixed_form,
        other_person: cross,
        person: Some(person.person.clone()),
    };
    Ok((order, pair))
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
