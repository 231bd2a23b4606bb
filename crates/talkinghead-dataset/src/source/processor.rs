//! One source: tracked, cut into clips, measured and written.

use std::path::{Path, PathBuf};

use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTrack, FaceTracker};
use talkinghead_media::{FRAME_RATE, Limits, MediaInfo, MediaKind, probe};

use super::audio_stream::AudioStream;
use super::clip_writer::{ClipWriter, TrackedSegment};
use super::error::{SourceError, without_path};
use super::segment_decoder::SegmentDecoder;
use super::segments::SegmentReader;
use super::stage_timer::{StageSeconds, StageTimer};
use crate::clip::{ClipDescription, ClipSettings};
use crate::corpus::{Source, read_transcript};
use crate::error::DatasetError;
use crate::rejection::{Reason, Rejection};

/// A source's files on this machine.
#[derive(Debug, Clone)]
pub(crate) struct SourceFiles {
    pub(crate) video: PathBuf,
    pub(crate) audio: Option<PathBuf>,
    pub(crate) transcript: Option<PathBuf>,
    /// SHA-256 of each of them; the video's first.
    pub(crate) hashes: Vec<String>,
}

/// What became of a source.
#[derive(Debug, Default)]
pub(crate) struct SourceOutcome {
    pub(crate) clips: Vec<ClipDescription>,
    /// Folder of each clip, still in the making.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) rejected: Vec<Rejection>,
    /// A few frames of the first segment, JPEG.
    pub(crate) strip: Option<Vec<u8>>,
    pub(crate) source_frames: usize,
}

/// Makes clips of sources; shared by all jobs.
pub(crate) struct Processor {
    networks: FaceNetworks,
    settings: ClipSettings,
    timer: StageTimer,
}

impl Processor {
    pub(crate) fn new(networks: FaceNetworks, settings: ClipSettings) -> Self {
        Self { networks, settings, timer: StageTimer::default() }
    }

    pub(crate) fn stage_seconds(&self) -> StageSeconds {
        self.timer.seconds()
    }

    /// Works on one source; clips are written under `staging`.
    ///
    /// # Errors
    /// Only what ends the whole run.
    pub(crate) fn process(&self, source: &Source, files: &SourceFiles, staging: &Path) -> Result<SourceOutcome, DatasetError> {
        match self.clips(source, files, staging) {
            Ok(outcome) => Ok(outcome),
            Err(SourceError::Run(error)) => Err(error),
            Err(SourceError::Rejected(reason, detail)) => Ok(SourceOutcome {
                rejected: vec![Rejection::of_source(&source.name, reason, detail)],
                ..SourceOutcome::default()
            }),
        }
    }

    fn clips(&self, source: &Source, files: &SourceFiles, staging: &Path) -> Result<SourceOutcome, SourceError> {
        let limits = Limits::default().with_max_seconds(self.settings.most_source_seconds);
        let info = self.timer.time("opening", || probe(&files.video, &limits))?;
        let mut audio = self.timer.time("opening", || audio_of(files, &info, &limits))?;
        let most_frames = (self.settings.most_seconds * f64::from(FRAME_RATE)).round().max(1.0) as usize;
        let mut segments = SegmentReader::open(&files.video, info.clone(), &limits, most_frames)?;
        let mut decoder = SegmentDecoder::new(&files.video, info, &limits);
        let tracker = FaceTracker::new(&self.networks, FaceChoice::default());
        let transcript = files.transcript.as_deref().map(read_transcript);
        let mut outcome = SourceOutcome::default();
        let (mut first, mut number) = (0, 0);
        let mut broken = None;
        while let Some(mut segment) = segments.next_segment() {
            let tracked = self.timer.time("decoding and tracking", || tracker.track(segment.by_ref()));
            let (frames, buffered) = segment.finish();
            match self.judged_track(tracked, frames) {
                Ok(track) => {
                    let tracked = TrackedSegment {
                        source,
                        first,
                        // A source that is one segment gives its name to the clip.
                        number: (number > 0 || segments.has_more()).then_some(number),
                        track: &track,
                        hash: files.hashes.first().map_or("", String::as_str),
                        transcript: transcript.as_deref(),
                    };
                    let writer = ClipWriter { networks: &self.networks, settings: &self.settings, timer: &self.timer, staging };
                    let clip = match buffered {
                        Some(buffered) => writer.write(&tracked, &mut buffered.into_iter().map(Ok), &mut audio)?,
                        None => writer.write(&tracked, &mut decoder.frames(first, frames)?, &mut audio)?,
                    };
                    if outcome.strip.is_none() {
                        outcome.strip = clip.strip;
                    }
                    match clip.result {
                        Ok((description, folder)) => {
                            outcome.clips.push(description);
                            outcome.folders.push(folder);
                        }
                        Err(rejection) => outcome.rejected.push(rejection),
                    }
                }
                Err(SourceError::Rejected(reason, detail)) => {
                    outcome.rejected.push(Rejection::of_segment(&source.name, first, frames, reason, detail));
                }
                Err(run) => return Err(run),
            }
            first += frames;
            number += 1;
            outcome.source_frames = first;
            broken = segments.take_failure().or(broken);
        }
        if let Some(error) = broken.or_else(|| segments.take_failure()) {
            match SourceError::from(error) {
                SourceError::Rejected(reason, detail) => {
                    outcome.rejected.push(Rejection::of_segment(&source.name, first, 0, reason, detail))
                }
                run => return Err(run),
            }
        }
        for warning in segments.warnings() {
            let detail = without_path(&warning, &files.video);
            outcome.rejected.push(Rejection::of_segment(&source.name, first, 0, Reason::Damaged, detail));
        }
        if first == 0 && outcome.rejected.is_empty() {
            return Err(SourceError::Rejected(Reason::Undecodable, "it holds no frames".to_owned()));
        }
        Ok(outcome)
    }

    fn judged_track(&self, tracked: Result<FaceTrack, FaceError>, frames: usize) -> Result<FaceTrack, SourceError> {
        let least = (self.settings.least_seconds * f64::from(FRAME_RATE)).round().max(2.0) as usize;
        if frames < least {
            let plural = if frames == 1 { "frame" } else { "frames" };
            return Err(SourceError::Rejected(Reason::TooShort, format!("{frames} {plural}, wanted at least {least}")));
        }
        tracked.map_err(|error| match error {
            FaceError::NoFace { .. } => SourceError::Rejected(Reason::NoFace, error.to_string()),
            FaceError::FaceTooSmall { .. } => SourceError::Rejected(Reason::FaceTooSmall, error.to_string()),
            other => SourceError::Rejected(Reason::Failed, other.to_string()),
        })
    }
}

/// The sound of a source whose video was found to be `info`: in its own file, or in the video's.
fn audio_of(files: &SourceFiles, info: &MediaInfo, limits: &Limits) -> Result<AudioStream, SourceError> {
    if info.kind != MediaKind::Video {
        let what = match info.kind {
            MediaKind::Picture => "a picture",
            MediaKind::Audio => "a sound file",
            _ => "a folder",
        };
        return Err(SourceError::Rejected(Reason::NotAVideo, format!("its content is {what}")));
    }
    match (&files.audio, &info.audio) {
        (Some(audio), _) => Ok(AudioStream::open(audio, probe(audio, limits)?, limits)?),
        (None, Some(_)) => Ok(AudioStream::open(&files.video, info.clone(), limits)?),
        (None, None) => {
            Err(SourceError::Rejected(Reason::NoAudio, "it has no sound track, and no sound file belongs to it".to_owned()))
        }
    }
}
