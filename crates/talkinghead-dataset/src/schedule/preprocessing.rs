//! The run over a corpus: every source of a shard, several at a time, resumable after any end.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use talkinghead_face::FaceNetworks;

use super::dataset_description::{DATASET, DatasetDescription};
use super::scheduler::Scheduler;
use super::shard::Shard;
use super::summary::{PreprocessingProgress, RunSummary};
use crate::clip::ClipSettings;
use crate::corpus::Source;
use crate::error::DatasetError;
use crate::rejection::Rejection;
use crate::source::Processor;
use crate::store::{FileEntry, Location};

/// A run.
#[derive(Debug, Clone)]
pub struct Preprocessing {
    /// The corpus.
    pub input: Location,
    /// Where clips go.
    pub output: Location,
    /// What is done to each source.
    pub settings: ClipSettings,
    /// The part of the corpus to work on.
    pub shard: Shard,
    /// Sources worked on at the same time.
    pub jobs: usize,
}

/// Hidden folder of clips in the making.
const STAGING: &str = ".staging";

impl Preprocessing {
    /// Works through the shard. `progress` is called after every source.
    ///
    /// # Errors
    /// What ends the whole run: the input cannot be listed or holds nothing, the output cannot be written, ffmpeg is
    /// missing, Ctrl-C. SourceError with single sources is recorded and does not end it.
    pub fn run(&self, progress: &(dyn Fn(PreprocessingProgress) + Sync)) -> Result<RunSummary, DatasetError> {
        let start = std::time::Instant::now();
        let (sources, problems) = self.sources()?;
        let description = DatasetDescription {
            format: "talkinghead-dataset/1".to_owned(),
            settings: self.settings.clone(),
            sources: sources.len(),
            problems: problems.clone(),
        };
        let text = serde_json::to_vec_pretty(&description)
            .map_err(|error| DatasetError::Malformed { file: DATASET.to_owned(), detail: error.to_string() })?;
        if self.output.read(DATASET)?.as_deref() != Some(&text[..]) {
            self.output.write(DATASET, &text)?;
        }
        let sources: Vec<Source> = sources.into_iter().filter(|source| self.shard.contains(&source.name)).collect();
        let scheduler = Scheduler {
            input: &self.input,
            output: &self.output,
            jobs: self.jobs,
            fingerprint: self.settings.fingerprint(),
            staging: self.staging_folder()?,
            processor: Processor::new(FaceNetworks::load(), self.settings.clone()),
            summary: Mutex::new(RunSummary { sources: sources.len(), problems: problems.len(), ..RunSummary::default() }),
        };
        scheduler.run(&sources, progress)?;
        if let Location::Folder(folder) = &self.output {
            // Goes only when it is empty: other shards may be at work.
            let _ = std::fs::remove_dir(folder.join(STAGING));
        }
        let mut summary = scheduler.summary.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        summary.stage_seconds = scheduler.processor.stage_seconds();
        summary.wall_seconds = start.elapsed().as_secs_f64();
        Ok(summary)
    }

    /// All sources of the corpus (not only the shard's), and what could not be listed or placed.
    ///
    /// # Errors
    /// The input cannot be listed, or holds nothing of the corpus.
    pub fn sources(&self) -> Result<(Vec<Source>, Vec<Rejection>), DatasetError> {
        let mut listing = self.input.list()?;
        self.leave_out_output(&mut listing.files);
        let peek = |file: &FileEntry| self.peek(file);
        let (sources, unplaced) = self.settings.dataset.sources(&listing, &peek);
        let mut problems = listing.problems;
        problems.extend(unplaced);
        problems.sort_by(|a, b| (&a.source, a.reason).cmp(&(&b.source, b.reason)));
        if sources.is_empty() {
            return Err(DatasetError::NothingFound {
                dataset: self.settings.dataset.name().to_owned(),
                input: self.input.to_string(),
                layout: self.settings.dataset.layout(),
            });
        }
        Ok((sources, problems))
    }

    /// An output folder inside the input folder is no part of the corpus.
    fn leave_out_output(&self, files: &mut Vec<FileEntry>) {
        if let (Location::Folder(input), Location::Folder(output)) = (&self.input, &self.output) {
            let canonical = |path: &Path| std::fs::canonicalize(path).ok();
            if let (Some(input), Some(output)) = (canonical(input), canonical(output))
                && let Ok(inside) = output.strip_prefix(&input)
            {
                files.retain(|file| inside.as_os_str().is_empty() || !file.path.starts_with(inside));
            }
        }
    }

    /// The first bytes of a file, to tell what it is. Objects of a bucket are told by their names alone.
    fn peek(&self, file: &FileEntry) -> Option<Vec<u8>> {
        use std::io::Read;
        let Location::Folder(folder) = &self.input else { return None };
        let mut start = Vec::new();
        std::fs::File::open(folder.join(&file.path)).ok()?.take(16).read_to_end(&mut start).ok()?;
        Some(start)
    }

    fn staging_folder(&self) -> Result<PathBuf, DatasetError> {
        let folder = match &self.output {
            // On the same file system as the clips, so that they can be renamed into place.
            Location::Folder(folder) => folder.join(STAGING),
            Location::Bucket(_) => std::env::temp_dir().join(format!("talkinghead-staging-{}", std::process::id())),
        };
        if self.shard.is_whole() && folder.exists() {
            // Nobody else is at work here: what lies there was left by a killed run.
            std::fs::remove_dir_all(&folder).map_err(DatasetError::file("remove", &folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(DatasetError::file("write", &folder))?;
        Ok(folder)
    }
}
