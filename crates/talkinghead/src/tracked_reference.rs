//! The first look at a reference: where its face is in each frame that shows it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker, Landmarks};
use talkinghead_media::{FRAME_RATE, FrameReader, Limits, MediaError, MediaInfo, MediaKind, read_image};
use talkinghead_motion::MeasuredFace;
use talkinghead_render::SpeechStyle;

use crate::job::Job;
use crate::{GenerationError, Stage, memory};

/// Frames of a reference video that are looked at: one minute.
const MOST_REFERENCE_FRAMES: usize = 1500;

/// A picture, video or folder of frames of the person, with the face found in it.
pub(crate) struct TrackedReference {
    pub path: PathBuf,
    pub info: MediaInfo,
    /// Frame numbers with landmarks, in rising order.
    pub frames: Vec<(usize, Landmarks)>,
    /// All frames from the first on, where memory allowed to keep them.
    kept: Option<Vec<RgbImage>>,
}

impl TrackedReference {
    /// The landmarks alone.
    pub(crate) fn landmarks(&self) -> Vec<Landmarks> {
        self.frames.iter().map(|(_, landmarks)| landmarks.clone()).collect()
    }

    /// Its frames once more, from the first on.
    pub(crate) fn reader(&self, limits: &Limits) -> Result<ReferenceReader<'_>, MediaError> {
        let source = match &self.kept {
            Some(frames) => ReaderSource::Kept(frames),
            None => ReaderSource::Decoded(Box::new(FrameReader::open_probed(&self.path, self.info.clone(), limits)?)),
        };
        Ok(ReferenceReader { path: &self.path, source, next: 0 })
    }
}

/// Looks for the face in references and videos.
pub(crate) struct ReferenceTracker<'a> {
    networks: &'a FaceNetworks,
    face: FaceChoice,
    limits: &'a Limits,
    job: &'a Job,
    /// Bytes of frames that may still be kept.
    memory: Mutex<u64>,
}

impl<'a> ReferenceTracker<'a> {
    pub(crate) fn new(networks: &'a FaceNetworks, face: FaceChoice, limits: &'a Limits, job: &'a Job) -> Self {
        Self { networks, face, limits, job, memory: Mutex::new(memory::kept_frames_bytes()) }
    }

    /// Keeps no frames for a second look.
    pub(crate) fn without_pictures(mut self) -> Self {
        self.memory = Mutex::new(0);
        self
    }

    /// Tracks all references; the first must have a face, further ones without are left out with a warning.
    pub(crate) fn track(
        &self,
        references: Vec<(PathBuf, MediaInfo)>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<TrackedReference>, GenerationError> {
        let mut tracked = Vec::new();
        for (path, info) in references {
            match self.reference(path, info, warnings) {
                Ok(reference) => tracked.push(reference),
                Err(GenerationError::Face { path, source }) if !tracked.is_empty() && !is_defect(&source) => {
                    warnings.push(format!("{} is left out: {source}", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(tracked)
    }

    fn reference(&self, path: PathBuf, info: MediaInfo, warnings: &mut Vec<String>) -> Result<TrackedReference, GenerationError> {
        self.job.check()?;
        match info.kind {
            MediaKind::Audio => Err(MediaError::NoVideo { path }.into()),
            MediaKind::Picture => {
                let picture = read_image(&path, self.limits)?;
                let face = self.networks.still_face(&picture, self.face).map_err(GenerationError::face(&path))?;
                let frames = vec![(0, face.landmarks)];
                let kept = self.reserve(&picture).then(|| vec![picture]);
                Ok(TrackedReference { path, info, frames, kept })
            }
            MediaKind::Video | MediaKind::FrameFolder => self.video(path, info, warnings),
        }
    }

    fn video(&self, path: PathBuf, info: MediaInfo, warnings: &mut Vec<String>) -> Result<TrackedReference, GenerationError> {
        let mut reader = FrameReader::open_probed(&path, info.clone(), self.limits)?;
        let total = frame_count(&info).map(|count| count.min(MOST_REFERENCE_FRAMES));
        let mut kept = Some(Vec::new());
        let frames = reader.by_ref().take(MOST_REFERENCE_FRAMES).enumerate().map(|(index, frame)| {
            self.job.tell(Stage::Reference, index + 1, total);
            let frame = self.unless_cancelled(frame)?;
            if !self.reserve(&frame) {
                kept = None;
            }
            if let Some(kept) = &mut kept {
                kept.push(frame.clone());
            }
            Ok::<_, FaceError>(frame)
        });
        let track = FaceTracker::new(self.networks, self.face).track(frames);
        self.job.check()?;
        let track = track.map_err(GenerationError::face(&path))?;
        if track.frames.len() == MOST_REFERENCE_FRAMES && reader.next().is_some() {
            warnings.push(format!("{} is long: only its first minute is used as a reference", path.display()));
        }
        warnings.extend(reader.warnings());
        warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
        let seen = track.frames.into_iter().enumerate().filter(|(_, frame)| !frame.interpolated);
        let frames: Vec<_> = seen.map(|(index, frame)| (index, frame.landmarks)).collect();
        tracing::debug!(path = %path.display(), faces = frames.len(), kept = kept.is_some(), "reference tracked");
        Ok(TrackedReference { path, info, frames, kept })
    }

    /// The chosen face through a driving video.
    pub(crate) fn measure(
        &self,
        path: &Path,
        info: MediaInfo,
        warnings: &mut Vec<String>,
    ) -> Result<MeasuredFace, GenerationError> {
        self.job.check()?;
        let total = frame_count(&info);
        let mut reader = FrameReader::open_probed(path, info, self.limits)?;
        let frames = reader.by_ref().enumerate().map(|(index, frame)| {
            self.job.tell(Stage::HeadMotion, index + 1, total);
            self.unless_cancelled(frame)
        });
        let track = FaceTracker::new(self.networks, self.face).track(frames);
        self.job.check()?;
        let track = track.map_err(GenerationError::face(path))?;
        warnings.extend(reader.warnings());
        warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
        let mut measured = MeasuredFace::default();
        track.frames.iter().for_each(|frame| measured.push(&frame.landmarks));
        Ok(measured)
    }

    fn unless_cancelled(&self, frame: Result<RgbImage, MediaError>) -> Result<RgbImage, FaceError> {
        if self.job.is_cancelled() { Err(MediaError::Interrupted) } else { frame }.map_err(face_error)
    }

    /// Takes a frame's bytes from what may be kept; whether there were enough.
    fn reserve(&self, frame: &RgbImage) -> bool {
        let mut left = self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let rest = left.checked_sub(frame.as_raw().len() as u64);
        // Once it is too much, it is too much for all that follow.
        *left = rest.unwrap_or(0);
        rest.is_some()
    }
}

/// How the person speaks, if one of the references is a video that shows it.
pub(crate) fn speech_style(references: &[TrackedReference]) -> Option<SpeechStyle> {
    references.iter().find_map(|reference| SpeechStyle::measure(&reference.landmarks()))
}

/// Frames of a reference by rising number.
pub(crate) struct ReferenceReader<'a> {
    path: &'a Path,
    source: ReaderSource<'a>,
    next: usize,
}

enum ReaderSource<'a> {
    Kept(&'a [RgbImage]),
    Decoded(Box<FrameReader>),
}

impl ReferenceReader<'_> {
    /// Frame `number`, which the first look has seen.
    pub(crate) fn frame(&mut self, number: usize) -> Result<RgbImage, MediaError> {
        let frame = match &mut self.source {
            ReaderSource::Kept(frames) => frames.get(number).cloned(),
            ReaderSource::Decoded(reader) => {
                let skipped = number.saturating_sub(self.next);
                self.next = number + 1;
                for frame in reader.by_ref().take(skipped) {
                    frame?;
                }
                reader.next().transpose()?
            }
        };
        frame.ok_or_else(|| {
            let detail = format!("frame {number} was there before and is missing now");
            MediaError::Undecodable { path: self.path.to_owned(), detail }
        })
    }
}

fn frame_count(info: &MediaInfo) -> Option<usize> {
    info.seconds.map(|seconds| (seconds * f64::from(FRAME_RATE)).round() as usize)
}

fn is_defect(error: &FaceError) -> bool {
    matches!(error, FaceError::Network { .. } | FaceError::Frame { .. })
}

/// A media error on its way through the tracker.
fn face_error(error: MediaError) -> FaceError {
    FaceError::Frame { message: error.to_string(), hint: error.hint() }
}
