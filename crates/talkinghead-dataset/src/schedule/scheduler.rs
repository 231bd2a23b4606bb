//! The work on the sources of a shard, several at a time, each taken up or passed over by its record.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use talkinghead_media::MediaError;

use super::summary::{PreprocessingProgress, RunSummary};
use super::work_record::{CLIPS, WorkRecord, key, stamp};
use crate::corpus::Source;
use crate::error::DatasetError;
use crate::hash::sha256_of;
use crate::lock::locked;
use crate::rejection::{Reason, Rejection};
use crate::source::{Processor, SourceFiles, SourceOutcome};
use crate::store::{FileEntry, Location};

/// Works through sources on several threads.
pub(crate) struct Scheduler<'a> {
    pub(crate) input: &'a Location,
    pub(crate) output: &'a Location,
    /// Sources worked on at the same time.
    pub(crate) jobs: usize,
    pub(crate) fingerprint: String,
    pub(crate) staging: PathBuf,
    pub(crate) processor: Processor,
    pub(crate) summary: Mutex<RunSummary>,
}

impl Scheduler<'_> {
    /// Does every source that no record shows done; `progress` is called after each.
    ///
    /// # Errors
    /// The first error that ends the run; sources in work are finished.
    pub(crate) fn run(&self, sources: &[Source], progress: &(dyn Fn(PreprocessingProgress) + Sync)) -> Result<(), DatasetError> {
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
                        progress(PreprocessingProgress {
                            done,
                            total: sources.len(),
                            clips: summary.clips,
                            rejected: summary.rejected,
                        });
                    }
                    Err(error) => {
                        stop.store(true, Ordering::Relaxed);
                        locked(&failure).get_or_insert(error);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, sources.len().max(1)) {
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
        let output = self.output;
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
                return self.finish(source, key, stamp, SourceOutcome { rejected: vec![rejection], ..SourceOutcome::default() });
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
            let message =
                panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let detail = format!("a defect of this program: {}", message.unwrap_or_default());
            Ok(SourceOutcome {
                rejected: vec![Rejection::of_source(&source.name, Reason::Failed, detail)],
                ..SourceOutcome::default()
            })
        })?;
        self.finish(source, key, stamp, outcome)
    }

    /// Puts the clips where they belong, then the record.
    fn finish(&self, source: &Source, key: String, stamp: String, outcome: SourceOutcome) -> Result<(), DatasetError> {
        let output = self.output;
        if let Some(old) = WorkRecord::read(output, &source.name)? {
            for clip in old.clips.iter().filter(|old| outcome.clips.iter().all(|clip| clip.clip != old.clip)) {
                output.remove(&format!("{CLIPS}/{}", clip.clip))?;
            }
        }
        for (clip, folder) in outcome.clips.iter().zip(&outcome.folders) {
            output.publish(folder, &format!("{CLIPS}/{}", clip.clip))?;
        }
        if let Some(strip) = &outcome.strip {
            output.write(&WorkRecord::contact_strip_path(&source.name), strip)?;
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
            let local = self.input.fetch(&file.path, scratch)?;
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
        for (local, file) in beside.iter_mut().zip([&source.audio, &source.transcript]) {
            if let Some(file) = file {
                match get(file)? {
                    Ok(path) => *local = Some(path),
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
