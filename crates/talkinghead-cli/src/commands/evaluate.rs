//! `talkinghead evaluate`: how good is a talking head?

use std::path::{Path, PathBuf};

use clap::Args;
use talkinghead_evaluation::evaluation::{Evaluation, Evaluator, Pair, mean_opening, read_pairs};
use talkinghead_evaluation::measurement::MeasurementSettings;
use talkinghead_evaluation::report::{EarlierRun, ReportSection, markdown_table, report_page, text_table};
use talkinghead_evaluation::suite::{JobRenderer, Suite, SuiteOutcome, run_suite};
use talkinghead_face::FaceChoice;
use talkinghead_media::{check_output, write_file};

use super::evaluate_maker::ProgramMaker;
use super::evaluate_networks::SuppliedArguments;
use super::generate::seconds;
use super::{Shared, print, print_json, warn};
use crate::failure::Failure;

/// Scores talking-head videos: ours or anybody's, against real ones or by themselves.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  A generated video against the real one of the same words:
    talkinghead evaluate --generated made.mp4 --real real.mp4 --json

  A video by itself; who should be seen is in a picture:
    talkinghead evaluate --generated made.mp4 --reference portrait.png

  A list, with a page to look at, compared with an earlier run:
    talkinghead evaluate --pairs pairs.csv --report report.html --compare before.json

  A suite: videos are made, then scored (suites/ in the sources has some):
    talkinghead evaluate --suite suites/projection.toml --work out/projection --report report.html

The list has a heading line: generated, and where wanted real, reference, person; paths are
relative to its folder. A pair that cannot be measured is named, and the others are measured.

Every video is brought to 25 frames/s and a common size and encoded once more before it is
measured, so that codecs do not decide. The book's chapter on evaluation says what each metric
means, which way is better, and what misleads. LPIPS, FID, CSIM, LSE-C and LSE-D need networks
that cannot ship: name their files, and the metrics are there.")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["generated", "pairs", "suite"]))]
pub struct Evaluate {
    /// The video to score.
    #[arg(long, value_name = "VIDEO")]
    generated: Option<PathBuf>,

    /// The real video of the same words.
    #[arg(long, value_name = "VIDEO", requires = "generated")]
    real: Option<PathBuf>,

    /// A picture or video of the person who should be seen; the real video when left out.
    #[arg(long, value_name = "PATH", requires = "generated")]
    reference: Option<PathBuf>,

    /// A list of videos: CSV with the columns generated, real, reference, person.
    #[arg(long, value_name = "LIST.csv")]
    pairs: Option<PathBuf>,

    /// A suite: clips, and what is made of each.
    #[arg(long, value_name = "SUITE.toml")]
    suite: Option<PathBuf>,

    /// Another folder of the suite's clips than it names.
    #[arg(long, value_name = "DIR", requires = "suite")]
    material: Option<PathBuf>,

    /// Weights of the neural renderer, for the suite's jobs that use it; without any they are skipped.
    #[arg(long, value_name = "FILE", requires = "suite")]
    weights: Option<PathBuf>,

    /// Where the suite's videos go.
    #[arg(long, value_name = "DIR", requires = "suite", default_value = "out/evaluate")]
    work: PathBuf,

    /// Videos whose mean mouth opening is taken out of both curves: for sentences of one fixed form, such as GRID's.
    #[arg(long, value_name = "VIDEO", num_args = 1.., conflicts_with = "suite")]
    mean_from: Vec<PathBuf>,

    /// Which face, counted from 0 at the left, where videos show several; the largest and most central when left out.
    #[arg(long, value_name = "N")]
    face: Option<usize>,

    /// Longest side, in pixels, of the frames that picture metrics compare.
    #[arg(long, value_name = "PIXELS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(64..=1024))]
    size: u32,

    /// Longest video that is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0, allow_negative_numbers = true, value_parser = seconds)]
    max_seconds: f64,

    /// Write a page with tables, plots, the worst frames and the videos side by side.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,

    /// What `--json` printed of an earlier run: the report shows the differences, clip by clip.
    #[arg(long, value_name = "RUN.json", requires = "report")]
    compare: Option<PathBuf>,

    /// Print everything as one JSON object on standard output.
    #[arg(long)]
    json: bool,

    /// Write what --json prints to this file.
    #[arg(long, value_name = "FILE.json")]
    save: Option<PathBuf>,

    #[command(flatten)]
    supplied: SuppliedArguments,
}

impl Evaluate {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        match &self.suite {
            Some(suite) => self.run_suite(suite, shared),
            None => self.run_pairs(shared),
        }
    }

    fn run_pairs(&self, shared: Shared) -> Result<(), Failure> {
        let pairs = self.pairs()?;
        self.check_outputs(pairs.iter().flat_map(|pair| std::iter::once(pair.generated.as_path()).chain(pair.real.as_deref())))?;
        let earlier = self.compare.as_ref().map(|path| EarlierRun::read(path, None)).transpose()?;
        let mut evaluator = self.evaluator(&self.mean_from)?;
        let count = pairs.len();
        let evaluation = match pairs.as_slice() {
            [pair] => evaluator.evaluate_pair(pair)?,
            pairs => evaluator.evaluate(pairs, |index, pair| {
                if !shared.quiet {
                    eprintln!("{} of {count}: {}", index + 1, pair.generated.display());
                }
            }),
        };
        tell(&evaluation, "");
        if evaluation.clips.is_empty() {
            return Err(Failure::new(
                format!("none of the {count} videos could be measured"),
                "the lines marked `not measured` say why",
            ));
        }
        self.write_page("Evaluation", &[section("", "", &evaluation, earlier.as_ref())])?;
        self.give(&evaluation, || text_table(&evaluation.metrics))?;
        failures(evaluation.failed.len(), count)
    }

    fn run_suite(&self, file: &Path, shared: Shared) -> Result<(), Failure> {
        let mut suite = Suite::read(file, self.material.as_deref())?;
        if let Some(weights) = &self.weights {
            let neural = suite.jobs.iter_mut().filter(|job| job.renderer == JobRenderer::Neural);
            neural.for_each(|job| job.weights = Some(weights.clone()));
        }
        self.check_outputs(suite.clips.iter().map(|clip| clip.file.as_path()))?;
        let earlier = |job: &str| self.compare.as_ref().map(|path| EarlierRun::read(path, Some(job))).transpose();
        let earlier = suite.jobs.iter().map(|job| earlier(&job.name)).collect::<Result<Vec<_>, _>>()?;
        let mut evaluator = self.evaluator(&suite.mean_from)?;
        let mut maker = ProgramMaker::new(shared.threads)?;
        let outcome: SuiteOutcome = run_suite(&suite, &mut evaluator, &mut maker, &self.work, |what| {
            if !shared.quiet {
                eprintln!("{what}");
            }
        })?;
        outcome.skipped.iter().for_each(|job| eprintln!("skipped: {}: {}", job.name, job.why));
        outcome.jobs.iter().for_each(|job| tell(&job.evaluation, &format!("{}: ", job.name)));
        let failed: usize = outcome.jobs.iter().map(|job| job.evaluation.failed.len()).sum();
        let count = outcome.jobs.len() * suite.clips.len();
        if failed == count {
            return Err(Failure::new(
                format!("none of the {count} videos could be made and measured"),
                "the lines marked `not measured` say why",
            ));
        }
        let of_job = |name: &str| suite.jobs.iter().position(|job| job.name == name).and_then(|k| earlier[k].as_ref());
        let sections: Vec<ReportSection<'_>> =
            outcome.jobs.iter().map(|job| section(&job.name, &job.about, &job.evaluation, of_job(&job.name))).collect();
        self.write_page(&outcome.suite, &sections)?;
        self.give(&outcome, || markdown_table(&outcome))?;
        failures(failed, count)
    }

    fn pairs(&self) -> Result<Vec<Pair>, Failure> {
        match (&self.generated, &self.pairs) {
            (Some(generated), _) => Ok(vec![Pair {
                generated: generated.clone(),
                real: self.real.clone(),
                reference: self.reference.clone(),
                fixed_form: true,
                other_person: false,
                person: None,
            }]),
            (None, Some(list)) => Ok(read_pairs(list)?),
            (None, None) => Err(Failure::new("no video was given", "name one with --generated, or a list with --pairs")),
        }
    }

    fn evaluator(&self, mean_from: &[PathBuf]) -> Result<Evaluator, Failure> {
        let usual = MeasurementSettings::default();
        let settings = MeasurementSettings {
            picture_side: self.size,
            longest_side: usual.longest_side.max(self.size),
            face: self.face.map_or(FaceChoice::Main, FaceChoice::Index),
            limits: usual.limits.with_max_seconds(self.max_seconds),
            ..usual
        };
        let mut evaluator = Evaluator::new(settings).with_supplied(self.supplied.read()?);
        if !mean_from.is_empty() {
            evaluator = evaluator.with_mean_opening(mean_opening(mean_from, &settings)?);
        }
        Ok(if self.report.is_some() { evaluator.keeping_worst_frames() } else { evaluator })
    }

    fn check_outputs<'a>(&'a self, inputs: impl Iterator<Item = &'a Path>) -> Result<(), Failure> {
        let mut all: Vec<&Path> = self.compare.as_deref().into_iter().collect();
        inputs.for_each(|input| all.push(input));
        for output in [&self.report, &self.save].into_iter().flatten() {
            check_output(output, all.iter().copied())?;
        }
        Ok(())
    }

    fn write_page(&self, title: &str, sections: &[ReportSection<'_>]) -> Result<(), Failure> {
        let Some(file) = &self.report else { return Ok(()) };
        Ok(write_file(file, report_page(title, sections, file).as_bytes())?)
    }

    /// The numbers, to where they were wanted.
    fn give(&self, outcome: &impl serde::Serialize, table: impl Fn() -> String) -> Result<(), Failure> {
        if let Some(file) = &self.save {
            let text = serde_json::to_string_pretty(outcome).map_err(anyhow::Error::from)?;
            write_file(file, text.as_bytes())?;
        }
        if self.json { print_json(outcome) } else { print(&table()) }
    }
}

fn section<'a>(name: &'a str, about: &'a str, evaluation: &'a Evaluation, earlier: Option<&'a EarlierRun>) -> ReportSection<'a> {
    ReportSection { name, about, evaluation, earlier }
}

/// Warnings and failures of the clips.
fn tell(evaluation: &Evaluation, job: &str) {
    evaluation.clips.iter().for_each(|clip| warn(&clip.warnings));
    for failed in &evaluation.failed {
        eprintln!("not measured: {job}{}: {}", failed.pair.generated.display(), failed.error);
    }
}

fn failures(failed: usize, count: usize) -> Result<(), Failure> {
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::new(
        format!("{failed} of {count} videos could not be measured"),
        "the lines marked `not measured` say why; the numbers are those of the others",
    ))
}
