//! `talkinghead preprocess`: raw corpora in, aligned and checked training clips out.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use talkinghead_dataset::{
    ClipSettings, Corpus, CropMode, Format, Location, MergeSettings, MergeSummary, Preprocessing, RunSummary, Shard, Thresholds,
    merge,
};

use super::{Shared, print_json, warn};
use crate::failure::Failure;
use crate::source_progress::SourceProgress;

/// Turns raw corpora into training clips: cut at shot boundaries, face tracked, cropped, aligned, posed, checked.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  Any folder of videos:
    talkinghead preprocess --dataset videos --input recordings --output clips

  One of eight parts of a corpus, then, when all eight are done, the whole:
    talkinghead preprocess --dataset voxceleb2 --input vox2 --output clips --shard 0/8
    talkinghead preprocess --merge --output clips

The output holds a folder for each clip (clips/), manifest.jsonl, rejected.jsonl with a reason for whatever became no clip,
and report.html. A run that was ended, however, is taken up where it stopped by the same command. Under a Slurm array or a
Kubernetes indexed job the shard follows from the environment (SLURM_ARRAY_TASK_ID and _COUNT; JOB_COMPLETION_INDEX and
JOB_COMPLETIONS). In builds with `--features s3`, input and output may be s3://bucket/prefix.")]
pub struct Preprocess {
    /// The corpus, which says where its videos, sound, words and speakers are.
    #[arg(long, value_enum, required_unless_present = "merge")]
    dataset: Option<DatasetName>,

    /// The corpus' folder.
    #[arg(long, value_name = "DIR", required_unless_present = "merge")]
    input: Option<OsString>,

    /// Where the clips go; made if it is missing.
    #[arg(long, short, value_name = "DIR")]
    output: OsString,

    /// Work on part I of N only (I from 0); `--merge` completes the output when all parts are done.
    #[arg(long, value_name = "I/N", conflicts_with = "merge")]
    shard: Option<Shard>,

    /// Only write manifest, splits, report and shards anew from the clips that are there.
    #[arg(long, conflicts_with_all = ["dataset", "input", "jobs", "crop", "thresholds", "crf", "min_seconds", "max_seconds"])]
    merge: bool,

    /// Videos worked on at the same time; every core when left out.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// `folders` only, or also tar shards that webdataset loaders read.
    #[arg(long, value_enum, default_value_t = FormatName::Folders)]
    format: FormatName,

    /// Clips in a tar shard.
    #[arg(long, value_name = "N", default_value = "1000")]
    clips_per_shard: NonZeroUsize,

    /// One square for the whole clip, in which the head moves, or a square that follows the face.
    #[arg(long, value_enum, default_value_t = CropName::Constant)]
    crop: CropName,

    /// Shortest clip, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = super::generate::seconds)]
    min_seconds: Option<f64>,

    /// Longest clip, in seconds; longer shots are cut.
    #[arg(long, value_name = "SECONDS", value_parser = super::generate::seconds)]
    max_seconds: Option<f64>,

    /// Constant rate factor of the clips' videos: smaller is better and larger.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=51))]
    crf: Option<u8>,

    /// Thresholds of the quality control: a JSON file with those that differ from the usual ones.
    #[arg(long, value_name = "FILE.json")]
    thresholds: Option<PathBuf>,

    /// Leave the sound where it is, even where it surely does not fit the lips.
    #[arg(long)]
    keep_sound: bool,

    /// Decides which identities are validated and tested with.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Share of identities for validation.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    validation_share: f64,

    /// Share of identities for testing, where the corpus has no test part of its own.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    test_share: f64,

    /// Exit code 1 if anything was rejected or could not be read.
    #[arg(long)]
    strict: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DatasetName {
    /// sN/*.mpg with .align files
    Grid,
    /// VideoFlash/*.flv and AudioWAV/*.wav
    CremaD,
    /// dev|test/mp4/ID/VIDEO/N.mp4 and dev|test/aac/ID/VIDEO/N.m4a
    #[value(name = "voxceleb2")]
    Voxceleb2,
    /// pretrain|trainval|test/VIDEO/N.mp4 with N.txt
    Lrs3,
    /// any folder of videos
    Videos,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    Folders,
    Webdataset,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CropName {
    Constant,
    Tracked,
}

#[derive(serde::Serialize)]
struct Report {
    output: String,
    shard: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge: Option<MergeSummary>,
}

impl Preprocess {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let output = Location::parse(&self.output)?;
        let mut report = Report { output: output.to_string(), shard: Shard::WHOLE.to_string(), run: None, merge: None };
        if !self.merge {
            let shard = self.shard()?;
            report.shard = shard.to_string();
            report.run = Some(self.work(shard, &output, shared)?);
            if !shard.is_whole() {
                return self.finish(&report, shared);
            }
        }
        report.merge = Some(merge(&output, &self.merge_settings())?);
        self.finish(&report, shared)
    }

    fn shard(&self) -> Result<Shard, Failure> {
        let from_scheduler = || Shard::from_environment(|name| std::env::var(name).ok());
        match self.shard {
            Some(shard) => Ok(shard),
            None => Ok(from_scheduler()
                .map_err(|problem| Failure::new(problem, "give --shard I/N to say which part to work on"))?
                .unwrap_or(Shard::WHOLE)),
        }
    }

    fn work(&self, shard: Shard, output: &Location, shared: Shared) -> Result<RunSummary, Failure> {
        let (Some(dataset), Some(input)) = (self.dataset, &self.input) else {
            return Err(Failure::new("nothing to preprocess", "give --dataset and --input"));
        };
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let run = Preprocessing {
            input: Location::parse(input)?,
            output: output.clone(),
            settings: self.clip_settings(dataset)?,
            shard,
            jobs: self.jobs.or(shared.threads).unwrap_or_else(cores).get(),
        };
        let progress = SourceProgress::new(shared.quiet);
        let summary = run.run(&|now| progress.show(now));
        progress.clear();
        Ok(summary?)
    }

    fn clip_settings(&self, dataset: DatasetName) -> Result<ClipSettings, Failure> {
        let dataset = match dataset {
            DatasetName::Grid => Corpus::Grid,
            DatasetName::CremaD => Corpus::CremaD,
            DatasetName::Voxceleb2 => Corpus::Voxceleb2,
            DatasetName::Lrs3 => Corpus::Lrs3,
            DatasetName::Videos => Corpus::Videos,
        };
        let usual = ClipSettings::new(dataset);
        let settings = ClipSettings {
            crop: match self.crop {
                CropName::Constant => CropMode::Static,
                CropName::Tracked => CropMode::Following,
            },
            least_seconds: self.min_seconds.unwrap_or(usual.least_seconds),
            most_seconds: self.max_seconds.unwrap_or(usual.most_seconds),
            crf: self.crf.unwrap_or(usual.crf),
            thresholds: self.thresholds.as_deref().map_or(Ok(usual.thresholds.clone()), Thresholds::read)?,
            correct_sync: !self.keep_sound,
            ..usual
        };
        if settings.least_seconds > settings.most_seconds {
            let problem = format!(
                "the shortest clip ({} s) is longer than the longest ({} s)",
                settings.least_seconds, settings.most_seconds
            );
            return Err(Failure::new(problem, "give a --min-seconds below --max-seconds"));
        }
        Ok(settings)
    }

    fn merge_settings(&self) -> MergeSettings {
        MergeSettings {
            seed: self.seed,
            validation_share: self.validation_share,
            test_share: self.test_share,
            format: match self.format {
                FormatName::Folders => Format::Folders,
                FormatName::Webdataset => Format::Webdataset,
            },
            clips_per_shard: self.clips_per_shard.get(),
        }
    }

    /// Tells what was done; fails under `--strict` if not all went in.
    fn finish(&self, report: &Report, shared: Shared) -> Result<(), Failure> {
        if let Some(merge) = &report.merge {
            warn(&merge.warnings);
        }
        if self.json {
            print_json(report)?;
        } else if !shared.quiet {
            summary_lines(report).iter().for_each(|line| eprintln!("{line}"));
        }
        let listed = report.run.as_ref().map_or(0, |run| run.rejected + run.problems);
        let rejected = report.merge.as_ref().map_or(listed, |merge| merge.rejected);
        let missing = report.merge.as_ref().map_or(0, |merge| merge.sources_expected.saturating_sub(merge.sources));
        if self.strict && rejected + missing > 0 {
            let hint = match report.merge {
                Some(_) => format!("the reasons are in {}/rejected.jsonl; without --strict this is no failure", report.output),
                None => "the reasons will be in rejected.jsonl after --merge; without --strict this is no failure".to_owned(),
            };
            return Err(Failure::new(format!("{rejected} rejections and {missing} videos not done"), hint));
        }
        Ok(())
    }
}

fn summary_lines(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(run) = &report.run {
        let share = if report.shard == Shard::WHOLE.to_string() { String::new() } else { format!("shard {}: ", report.shard) };
        lines.push(format!(
            "{share}{} videos ({} done before): {} clips, {} rejections; {:.1} s of video in {:.1} s",
            run.sources, run.resumed, run.clips, run.rejected, run.source_seconds, run.wall_seconds
        ));
    }
    match &report.merge {
        Some(merge) => lines.push(format!(
            "{}: {} clips, {:.1} s, {} identities, {} rejections (see report.html)",
            report.output, merge.clips, merge.seconds, merge.identities, merge.rejected
        )),
        None => lines.push("when all shards are done: talkinghead preprocess --merge --output DIR".to_owned()),
    }
    lines
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}
