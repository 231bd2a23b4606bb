//! One source: tracked, cut into clips, measured and written.

use std::path::{Path, PathBuf};

use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTrack, FaceTracker};
use talkinghead_media::{FRAME_RATE, Limits, MediaError, MediaInfo, MediaKind, probe};

use crate::clip_writer::{ClipWriter, Take};
use crate::pieces::{PieceReader, Replay, SoundStream};
use crate::stages::StageClock;
use crate::transcript::read_transcript;
use crate::{ClipDescription, ClipSettings, DatasetError, Reason, Rejection, Source, StageSeconds};

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
pub(crate) struct Outcome {
    pub(crate) clips: Vec<ClipDescription>,
    /// Folder of each clip, still in the making.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) rejected: Vec<Rejection>,
    /// A few frames of the first piece, JPEG.
    pub(crate) strip: Option<Vec<u8>>,
    pub(crate) source_frames: usize,
}

/// Makes clips of sources; shared by all jobs.
pub(crate) struct Processor {
    pub(crate) networks: FaceNetworks,
    pub(crate) settings: ClipSettings,
    pub(crate) clock: StageClock,
}

impl Processor {
    pub(crate) fn new(networks: FaceNetworks, settings: ClipSettings) -> Self {
        Self { networks, settings, clock: StageClock::default() }
    }

    pub(crate) fn stage_seconds(&self) -> StageSeconds {
        self.clock.seconds()
    }

    /// Works on one source; clips are written under `staging`.
    ///
    /// # Errors
    /// Only what ends the whole run.
    pub(crate) fn process(&self, source: &Source, files: &SourceFiles, staging: &Path) -> Result<Outcome, DatasetError> {
        match self.pieces(source, files, staging) {
            Ok(outcome) => Ok(outcome),
            Err(Trouble::Run(error)) => Err(error),
            Err(Trouble::Source(reason, detail)) => {
                Ok(Outcome { rejected: vec![Rejection::of_source(&source.name, reason, detail)], ..Outcome::default() })
            }
        }
    }

    fn pieces(&self, source: &Source, files: &SourceFiles, staging: &Path) -> Result<Outcome, Trouble> {
        let limits = Limits::default().with_max_seconds(self.settings.most_source_seconds);
        let info = self.clock.time("opening", || probe(&files.video, &limits))?;
        let mut sound = self.clock.time("opening", || sound_of(files, &info, &limits))?;
        let most_frames = (self.settings.most_seconds * f64::from(FRAME_RATE)).round().max(1.0) as usize;
        let mut pieces = PieceReader::open(&files.video, info.clone(), &limits, most_frames)?;
        let mut replay = Replay::new(&files.video, info, &limits);
        let tracker = FaceTracker::new(&self.networks, FaceChoice::default());
        let transcript = files.transcript.as_deref().map(read_transcript);
        let mut outcome = Outcome::default();
        let (mut first, mut number) = (0, 0);
        let mut broken = None;
        while let Some(mut piece) = pieces.next_piece() {
            let tracked = self.clock.time("decoding and tracking", || tracker.track(piece.by_ref()));
            let (frames, kept) = piece.finish();
            match self.judged_track(tracked, frames) {
                Ok(track) => {
                    let take = Take {
                        source,
                        first,
                        // A source that is one piece gives its name to the clip.
                        number: (number > 0 || pieces.has_more()).then_some(number),
                        track: &track,
                        hash: files.hashes.first().map_or("", String::as_str),
                        transcript: transcript.as_deref(),
                    };
                    let writer = ClipWriter { processor: self, staging };
                    let clip = match kept {
                        Some(kept) => writer.write(&take, &mut kept.into_iter().map(Ok), &mut sound)?,
                        None => writer.write(&take, &mut replay.frames(first, frames)?, &mut sound)?,
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
                Err(Trouble::Source(reason, detail)) => {
                    outcome.rejected.push(piece_rejection(source, first, frames, reason, detail));
                }
                Err(run) => return Err(run),
            }
            first += frames;
            number += 1;
            outcome.source_frames = first;
            broken = pieces.take_failure().or(broken);
        }
        if let Some(error) = broken.or_else(|| pieces.take_failure()) {
            match Trouble::from(error) {
                Trouble::Source(reason, detail) => outcome.rejected.push(piece_rejection(source, first, 0, reason, detail)),
                run => return Err(run),
            }
        }
        for warning in pieces.warnings() {
            let detail = strip(&warning, &files.video);
            outcome.rejected.push(piece_rejection(source, first, 0, Reason::Damaged, detail));
        }
        if first == 0 && outcome.rejected.is_empty() {
            return Err(Trouble::Source(Reason::Undecodable, "it holds no frames".to_owned()));
        }
        Ok(outcome)
    }

    fn judged_track(&self, tracked: Result<FaceTrack, FaceError>, frames: usize) -> Result<FaceTrack, Trouble> {
        let least = (self.settings.least_seconds * f64::from(FRAME_RATE)).round().max(2.0) as usize;
        if frames < least {
            let plural = if frames == 1 { "frame" } else { "frames" };
            return Err(Trouble::Source(Reason::TooShort, format!("{frames} {plural}, wanted at least {least}")));
        }
        tracked.map_err(|error| match error {
            FaceError::NoFace { .. } => Trouble::Source(Reason::NoFace, error.to_string()),
            FaceError::FaceTooSmall { .. } => Trouble::Source(Reason::FaceTooSmall, error.to_string()),
            other => Trouble::Source(Reason::Failed, other.to_string()),
        })
    }
}

/// The sound of a source whose video was found to be `info`: in its own file, or in the video's.
fn sound_of(files: &SourceFiles, info: &MediaInfo, limits: &Limits) -> Result<SoundStream, Trouble> {
    if info.kind != MediaKind::Video {
        let what = match info.kind {
            MediaKind::Picture => "a picture",
            MediaKind::Audio => "a sound file",
            _ => "a folder",
        };
        return Err(Trouble::Source(Reason::NotAVideo, format!("its content is {what}")));
    }
    match (&files.audio, &info.audio) {
        (Some(audio), _) => Ok(SoundStream::open(audio, probe(audio, limits)?, limits)?),
        (None, Some(_)) => Ok(SoundStream::open(&files.video, info.clone(), limits)?),
        (None, None) => {
            Err(Trouble::Source(Reason::NoAudio, "it has no sound track, and no sound file belongs to it".to_owned()))
        }
    }
}

/// What went wrong with a source: with itself, or with the run.
pub(crate) enum Trouble {
    /// The source is rejected.
    Source(Reason, String),
    /// The run ends.
    Run(DatasetError),
}

impl From<MediaError> for Trouble {
    fn from(error: MediaError) -> Self {
        let reason = match &error {
            MediaError::NotFound { .. } | MediaError::Unreadable { .. } => Reason::UnreadableFile,
            MediaError::NotAFile { .. } | MediaError::NoVideo { .. } | MediaError::NoPictures { .. } => Reason::NotAVideo,
            MediaError::NoAudio { .. } => Reason::NoAudio,
            MediaError::Undecodable { .. } => Reason::Undecodable,
            MediaError::OverLimit { .. } => Reason::OverLimit,
            MediaError::InvalidOption(_) | MediaError::WrongFrameSize { .. } => Reason::Failed,
            // Missing programs, a full disk, Ctrl-C: the next source would fare no better.
            _ => return Self::Run(error.into()),
        };
        Self::Source(reason, without_folders(&error))
    }
}

impl From<DatasetError> for Trouble {
    fn from(error: DatasetError) -> Self {
        Self::Run(error)
    }
}

impl From<FaceError> for Trouble {
    fn from(error: FaceError) -> Self {
        Self::Source(Reason::Failed, error.to_string())
    }
}

/// The message without the machine's folders: the same corpus elsewhere gives the same records.
fn without_folders(error: &MediaError) -> String {
    let text = error.to_string();
    let path = match error {
        MediaError::Undecodable { path, detail } => {
            return if detail.is_empty() { "it cannot be decoded".to_owned() } else { strip(detail, path) };
        }
        MediaError::NotFound { path }
        | MediaError::Unreadable { path, .. }
        | MediaError::NotAFile { path }
        | MediaError::NoVideo { path }
        | MediaError::NoAudio { path }
        | MediaError::OverLimit { path, .. } => path,
        _ => return text,
    };
    strip(&text, path)
}

fn strip(text: &str, path: &Path) -> String {
    text.replace(&path.display().to_string(), "the file")
}

pub(crate) fn piece_rejection(source: &Source, first: usize, frames: usize, reason: Reason, detail: String) -> Rejection {
    Rejection { first_frame: Some(first), frames: Some(frames), ..Rejection::of_source(&source.name, reason, detail) }
}
