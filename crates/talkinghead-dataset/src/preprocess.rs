//! The run over a corpus: every source of a shard, several at a time, resumable after any end.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use talkinghead_face::FaceNetworks;
use talkinghead_media::MediaError;

use crate::process::{Outcome, Processor, SourceFiles};
use crate::work::{CLIPS, WorkRecord, key, sha256_of, stamp};
use crate::{ClipSettings, DatasetError, FileEntry, Place, Reason, Rejection, Shard, Source, StageSeconds};

/// A run.
#[derive(Debug, Clone)]
pub struct Preprocessing {
    /// The corpus.
    pub input: Place,
    /// Where clips go.
    pub output: Place,
    /// What is done to each source.
    pub settings: ClipSettings,
    /// The part of the corpus to work on.
    pub shard: Shard,
    /// Sources worked on at the same time.
    pub jobs: usize,
}

/// What `dataset.json` holds: what the run was asked, and what of the corpus could not even be listed. Every shard of a run
/// writes the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetDescription {
    /// Always `talkinghead-dataset/1`.
    pub format: String,
    /// Settings of the clips.
    pub settings: ClipSettings,
    /// Sources in the corpus, all shards together.
    pub sources: usize,
    /// What was passed over when listing.
    pub problems: Vec<Rejection>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Sources done, those of earlier runs included.
    pub done: usize,
    /// Sources of the shard.
    pub total: usize,
    /// Clips of this run.
    pub clips: usize,
    /// Rejections of this run.
    pub rejected: usize,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunSummary {
    /// Sources of the shard.
    pub sources: usize,
    /// Of these, done by earlier runs.
    pub resumed: usize,
    /// Clips of the shard, earlier runs included.
    pub clips: usize,
    /// Rejections of the shard, earlier runs included; the listing's are not among them.
    pub rejected: usize,
    /// Files and folders that could not be listed.
    pub problems: usize,
    /// Seconds of clips made by this run.
    pub clip_seconds: f64,
    /// Seconds of source video read by this run.
    pub source_seconds: f64,
    /// Seconds this run took.
    pub wall_seconds: f64,
    /// Seconds spent in each stage, summed over all jobs of this run.
    pub stage_seconds: StageSeconds,
}

/// Name of the description in the output.
pub(crate) const DATASET: &str = "dataset.json";
/// Hidden folder of clips in the making.
const STAGING: &str = ".staging";

impl Preprocessing {
    /// Works through the shard. `progress` is called after every source.
    ///
    /// # Errors
    /// What ends the whole run: the input cannot be listed or holds nothing, the output cannot be written, ffmpeg is
    /// missing, Ctrl-C. Trouble with single sources is recorded and does not end it.
    pub fn run(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<RunSummary, DatasetError> {
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
        let workshop = Workshop {
            run: self,
            fingerprint: self.settings.fingerprint(),
            staging: self.staging_folder()?,
            processor: Processor::new(FaceNetworks::load(), self.settings.clone()),
            summary: Mutex::new(RunSummary { sources: sources.len(), problems: problems.len(), ..RunSummary::default() }),
        };
        workshop.work_through(&sources, progress)?;
        if let Place::Folder(folder) = &self.output {
            // Goes only when it is empty: other shards may be at work.
            let _ = std::fs::remove_dir(folder.join(STAGING));
        }
        let mut summary = workshop.summary.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        summary.stage_seconds = workshop.processor.stage_seconds();
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
        if let (Place::Folder(input), Place::Folder(output)) = (&self.input, &self.output) {
            let canonical = |path: &Path| std::fs::canonicalize(path).ok();
            if let (Some(input), Some(output)) = (canonical(input), canonical(output)) {
                if let Ok(inside) = output.strip_prefix(&input) {
                    files.retain(|file| inside.as_os_str().is_empty() || !file.path.starts_with(inside));
                }
            }
        }
    }

    /// The first bytes of a file, to tell what it is. Objects of a bucket are told by their names alone.
    fn peek(&self, file: &FileEntry) -> Option<Vec<u8>> {
        use std::io::Read;
        let Place::Folder(folder) = &self.input else { return None };
        let mut start = Vec::new();
        std::fs::File::open(folder.join(&file.path)).ok()?.take(16).read_to_end(&mut start).ok()?;
        Some(start)
    }

    fn staging_folder(&self) -> Result<PathBuf, DatasetError> {
        let folder = match &self.output {
            // On the same file system as the clips, so that they can be renamed into place.
            Place::Folder(folder) => folder.join(STAGING),
            Place::Bucket(_) => std::env::temp_dir().join(format!("talkinghead-staging-{}", std::process::id())),
        };
        if self.shard.is_whole() && folder.exists() {
            // Nobody else is at work here: what lies there was left by a killed run.
            std::fs::remove_dir_all(&folder).map_err(DatasetError::file("remove", &folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(DatasetError::file("write", &folder))?;
        Ok(folder)
    }
}

struct Workshop<'a> {
    run: &'a Preprocessing,
    fingerprint: String,
    staging: PathBuf,
    processor: Processor,
    summary: Mutex<RunSummary>,
}

impl Workshop<'_> {
    fn work_through(&self, sources: &[Source], progress: &(dyn Fn(Progress) + Sync)) -> Result<(), DatasetError> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let failure: Mutex<Option<DatasetError>> = Mutex::new(None);
        let done = AtomicUsize::new(0);
        let work = || {
            while !stop.load(Ordering::Relaxed) {
                let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                match self.one_source(source) {
                    Ok(()) => {
                        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                        let summary = locked(&self.summary);
                        progress(Progress { done, total: sources.len(), clips: summary.clips, rejected: summary.rejected });
                    }
                    Err(error) => {
                        stop.store(true, Ordering::Relaxed);
                        locked(&failure).get_or_insert(error);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.run.jobs.clamp(1, sources.len().max(1)) {
                scope.spawn(work);
            }
        });
        let failed = locked(&failure).take();
        failed.map_or(Ok(()), Err)
    }

    fn one_source(&self, source: &Source) -> Result<(), DatasetError> {
        if talkinghead_media::is_stopped() {
            return Err(MediaError::Interrupted.into());
        }
        let output = &self.run.output;
        let stamp = stamp(source);
        let earlier = WorkRecord::read(output, &source.name)?.filter(|record| record.settings == self.fingerprint);
        let complete = earlier.as_ref().map(|record| record.is_complete(output)).transpose()?.unwrap_or(false);
        let earlier = earlier.filter(|_| complete);
        if let Some(record) = earlier.as_ref().filter(|record| record.stamp == stamp) {
            self.count(record, true, None);
            return Ok(());
        }
        let scratch = tempfile::Builder::new()
            .prefix("source-")
            .tempdir_in(&self.staging)
            .map_err(DatasetError::file("write", &self.staging))?;
        let files = match self.fetch(source, scratch.path())? {
            Ok(files) => files,
            Err(rejection) => {
                // Nothing could be read, so nothing can be hashed; the stamp stands for the content.
                let key = key(source, &self.fingerprint, std::slice::from_ref(&stamp));
                return self.finish(source, key, stamp, Outcome { rejected: vec![rejection], ..Outcome::default() });
            }
        };
        let key = key(source, &self.fingerprint, &files.hashes);
        if let Some(record) = earlier.filter(|record| record.key == key) {
            let record = WorkRecord { stamp, ..record };
            record.write(output)?;
            self.count(&record, true, None);
            return Ok(());
        }
        let staging = scratch.path().join("clips");
        let worked = std::panic::catch_unwind(AssertUnwindSafe(|| self.processor.process(source, &files, &staging)));
        let outcome = worked.unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let detail = format!("a defect of this program: {}", message.unwrap_or_default());
            Ok(Outcome { rejected: vec![Rejection::of_source(&source.name, Reason::Failed, detail)], ..Outcome::default() })
        })?;
        self.finish(source, key, stamp, outcome)
    }

    /// Puts the clips in their places, then the record.
    fn finish(&self, source: &Source, key: String, stamp: String, outcome: Outcome) -> Result<(), DatasetError> {
        let output = &self.run.output;
        if let Some(old) = WorkRecord::read(output, &source.name)? {
            for clip in old.clips.iter().filter(|old| outcome.clips.iter().all(|clip| clip.clip != old.clip)) {
                output.remove(&format!("{CLIPS}/{}", clip.clip))?;
            }
        }
        for (clip, folder) in outcome.clips.iter().zip(&outcome.folders) {
            output.publish(folder, &format!("{CLIPS}/{}", clip.clip))?;
        }
        if let Some(strip) = &outcome.strip {
            output.write(&WorkRecord::strip_place(&source.name), strip)?;
        }
        let record = WorkRecord {
            key,
            settings: self.fingerprint.clone(),
            source: source.name.clone(),
            stamp,
            clips: outcome.clips,
            rejected: outcome.rejected,
        };
        record.write(output)?;
        self.count(&record, false, Some(outcome.source_frames));
        Ok(())
    }

    /// The source's files on this machine with their hashes, or why that was impossible.
    fn fetch(&self, source: &Source, scratch: &Path) -> Result<Result<SourceFiles, Rejection>, DatasetError> {
        if source.video.bytes == 0 {
            return Ok(Err(Rejection::of_source(&source.name, Reason::EmptyFile, "the file is empty")));
        }
        let mut hashes = Vec::new();
        let mut get = |file: &FileEntry| -> Result<Result<PathBuf, Rejection>, DatasetError> {
            let local = self.run.input.fetch(&file.path, scratch)?;
            match sha256_of(&local) {
                Ok(hash) => {
                    hashes.push(hash);
                    Ok(Ok(local))
                }
                Err(error) => {
                    let detail = format!("{}: {error}", file.name());
                    Ok(Err(Rejection::of_source(&source.name, Reason::UnreadableFile, detail)))
                }
            }
        };
        let video = match get(&source.video)? {
            Ok(path) => path,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let mut beside = [None, None];
        for (place, file) in beside.iter_mut().zip([&source.audio, &source.transcript]) {
            if let Some(file) = file {
                match get(file)? {
                    Ok(path) => *place = Some(path),
                    Err(rejection) => return Ok(Err(rejection)),
                }
            }
        }
        let [audio, transcript] = beside;
        Ok(Ok(SourceFiles { video, audio, transcript, hashes }))
    }

    fn count(&self, record: &WorkRecord, resumed: bool, source_frames: Option<usize>) {
        let mut summary = locked(&self.summary);
        summary.resumed += usize::from(resumed);
        summary.clips += record.clips.len();
        summary.rejected += record.rejected.len();
        if let Some(frames) = source_frames {
            let seconds = |frames: usize| frames as f64 / f64::from(talkinghead_media::FRAME_RATE);
            summary.source_seconds += seconds(frames);
            summary.clip_seconds += record.clips.iter().map(|clip| seconds(clip.frames)).sum::<f64>();
        }
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
