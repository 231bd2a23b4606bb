//! The first look at a reference: where its face is in each frame that shows it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker, Landmarks, Orientation, QuarterTurn, StillFace};
use talkinghead_media::{FRAME_RATE, FrameReader, Limits, MediaError, MediaInfo, MediaKind, read_image};
use talkinghead_motion::MeasuredFace;
use talkinghead_render::SpeechStyle;

use crate::job::Job;
use crate::mouth_checks::{check_cover, check_mouth};
use crate::reference_reader::ReferenceReader;
use crate::reference_view::{ReferenceView, Role, smaller};
use crate::{GenerationError, SizeLimit, Stage, memory};

/// Frames of a reference video that are looked at: one minute.
const MOST_REFERENCE_FRAMES: usize = 1500;
/// Frames of a large video, one of each second, that are looked at in full size to see how large its face is.
const SIZE_LOOKS: usize = 5;

/// A picture, video or folder of frames of the person, with the face found in it.
pub(crate) struct TrackedReference {
    pub path: PathBuf,
    /// What it holds; the size is that of the frames that are read.
    pub info: MediaInfo,
    /// How its frames are looked at: landmarks are those of frames so turned and made smaller.
    pub view: ReferenceView,
    /// Width and height as given, pixels.
    pub given_size: (u32, u32),
    /// Frame numbers with landmarks, in rising order.
    pub frames: Vec<(usize, Landmarks)>,
    /// The face of a picture.
    pub still: Option<StillFace>,
    /// All frames from the first on, as they are looked at, where memory allowed to keep them.
    kept: Option<Vec<RgbImage>>,
}

impl TrackedReference {
    /// The landmarks alone.
    pub(crate) fn landmarks(&self) -> Vec<Landmarks> {
        self.frames.iter().map(|(_, landmarks)| landmarks.clone()).collect()
    }

    /// What was done with it that its owner may not expect, for the reference that moves.
    pub(crate) fn notes(&self) -> Vec<String> {
        let (name, (width, height)) = (self.path.display(), self.given_size);
        let size = match self.info.kind {
            MediaKind::Picture => smaller(self.given_size, self.view.factor),
            _ => self.info.size.unwrap_or(self.given_size),
        };
        let smaller = (size != self.given_size).then(|| {
            let (to_width, to_height) = size;
            format!("{name} of {width}x{height} pixels is made smaller, to {to_width}x{to_height} (--full-size keeps its size)")
        });
        let turned =
            (self.view.turn != QuarterTurn::None).then(|| format!("{name} is {}, and is shown so", self.view.turn.describe()));
        smaller.into_iter().chain(turned).collect()
    }

    /// Its frames once more, from the first on.
    pub(crate) fn reader(&self, limits: &Limits) -> Result<ReferenceReader<'_>, MediaError> {
        match &self.kept {
            Some(frames) => Ok(ReferenceReader::kept(&self.path, frames)),
            None => {
                let frames = FrameReader::open_probed(&self.path, self.info.clone(), limits)?;
                Ok(ReferenceReader::decoded(&self.path, self.view, frames))
            }
        }
    }
}

/// Looks for the face in references and videos.
pub(crate) struct ReferenceTracker<'a> {
    networks: &'a FaceNetworks,
    face: FaceChoice,
    size: SizeLimit,
    limits: &'a Limits,
    job: &'a Job,
    /// Bytes of frames that may still be kept.
    memory: Mutex<u64>,
}

impl<'a> ReferenceTracker<'a> {
    pub(crate) fn new(networks: &'a FaceNetworks, face: FaceChoice, limits: &'a Limits, job: &'a Job) -> Self {
        let memory = Mutex::new(memory::kept_frames_bytes());
        Self { networks, face, size: SizeLimit::default(), limits, job, memory }
    }

    /// Sets how large the picture may be that moves.
    pub(crate) fn with_size(mut self, size: SizeLimit) -> Self {
        self.size = size;
        self
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
            let role = if tracked.is_empty() { Role::Moved } else { Role::Further };
            match self.reference(path, info, role, warnings) {
                Ok(reference) => tracked.push(reference),
                Err(GenerationError::Face { path, source }) if !tracked.is_empty() && !is_defect(&source) => {
                    warnings.push(format!("{} is left out: {source}", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(tracked)
    }

    fn reference(
        &self,
        path: PathBuf,
        info: MediaInfo,
        role: Role,
        warnings: &mut Vec<String>,
    ) -> Result<TrackedReference, GenerationError> {
        self.job.check()?;
        match info.kind {
            MediaKind::Audio => Err(MediaError::NoVideo { path }.into()),
            MediaKind::Picture => self.picture(path, info, role, warnings),
            MediaKind::Video | MediaKind::FrameFolder => self.video(path, info, role, warnings),
        }
    }

    fn picture(
        &self,
        path: PathBuf,
        info: MediaInfo,
        role: Role,
        warnings: &mut Vec<String>,
    ) -> Result<TrackedReference, GenerationError> {
        let picture = read_image(&path, self.limits)?;
        let (turn, face) = self.networks.turned_face(&picture, self.face).map_err(GenerationError::face(&path))?;
        let given_size = picture.dimensions();
        let turned_size = turn.size(given_size);
        let factor = self.size.factor(role, turned_size, &face.landmarks);
        let view = ReferenceView { turn, factor };
        let (picture, face) = (view.apply(picture), view.face(face, turned_size));
        check_mouth(&face.landmarks, picture.dimensions(), "the picture").map_err(GenerationError::face(&path))?;
        check_cover(self.networks, &picture, &face.landmarks, &path, warnings).map_err(GenerationError::face(&path))?;
        let frames = vec![(0, face.landmarks.clone())];
        let kept = self.reserve(&picture).then(|| vec![picture]);
        Ok(TrackedReference { path, info, view, given_size, frames, still: Some(face), kept })
    }

    fn video(
        &self,
        path: PathBuf,
        mut info: MediaInfo,
        role: Role,
        warnings: &mut Vec<String>,
    ) -> Result<TrackedReference, GenerationError> {
        let given_size = info.size.unwrap_or_default();
        let mut view = ReferenceView { turn: QuarterTurn::None, factor: self.video_factor(&path, &info, role)? };
        if info.kind == MediaKind::Video {
            // The decoder makes frames smaller with less work than anything else.
            info.size = Some(smaller(given_size, view.factor));
            view.factor = 1.0;
        }
        let mut reader = FrameReader::open_probed(&path, info.clone(), self.limits)?;
        let total = frame_count(&info).map(|count| count.min(MOST_REFERENCE_FRAMES));
        let (mut kept, mut sizes) = (Some(Vec::new()), Vec::new());
        let frames = reader.by_ref().take(MOST_REFERENCE_FRAMES).enumerate().map(|(index, frame)| {
            self.job.tell(Stage::Reference, index + 1, total);
            let frame = view.shrink(self.unless_cancelled(frame)?);
            sizes.push(frame.dimensions());
            if !self.reserve(&frame) {
                kept = None;
            }
            if let Some(kept) = &mut kept {
                kept.push(frame.clone());
            }
            Ok::<_, FaceError>(frame)
        });
        let track = FaceTracker::new(self.networks, self.face).with_orientation(Orientation::Searched).track(frames);
        self.job.check()?;
        let track = track.map_err(GenerationError::face(&path))?;
        if track.frames.len() == MOST_REFERENCE_FRAMES && reader.next().is_some() {
            warnings.push(format!("{} is long: only its first minute is used as a reference", path.display()));
        }
        warnings.extend(reader.warnings());
        warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
        let (turn, count) = (track.turn, track.frames.len());
        let seen = track.frames.into_iter().enumerate().filter(|(_, frame)| !frame.interpolated);
        let with_mouth = |(index, landmarks): &(usize, Landmarks)| {
            let size = sizes.get(*index).copied().unwrap_or(given_size);
            check_mouth(landmarks, turn.size(size), "").is_ok()
        };
        let frames: Vec<_> = seen.map(|(index, frame)| (index, frame.landmarks)).filter(with_mouth).collect();
        if frames.is_empty() {
            let place = format!("all of {count} frames");
            return Err(GenerationError::face(&path)(FaceError::NoMouth { place, covered: false }));
        }
        tracing::debug!(path = %path.display(), faces = frames.len(), kept = kept.is_some(), ?turn, "reference tracked");
        let kept = kept.map(|frames| frames.into_iter().map(|frame| turn.turn(frame)).collect());
        view.turn = turn;
        Ok(TrackedReference { path, info, view, given_size, frames, still: None, kept })
    }

    /// By how much a video's frames are made smaller: the first face that is found decides.
    fn video_factor(&self, path: &Path, info: &MediaInfo, role: Role) -> Result<f32, GenerationError> {
        let Some(size) = info.size.filter(|&size| self.size.may_bind(size)) else { return Ok(1.0) };
        let mut reader = FrameReader::open_probed(path, info.clone(), self.limits)?;
        for _ in 0..SIZE_LOOKS {
            self.job.check()?;
            let Some(frame) = reader.next().transpose()? else { break };
            match self.networks.turned_face(&frame, self.face) {
                Ok((turn, face)) => return Ok(self.size.factor(role, turn.size(frame.dimensions()), &face.landmarks)),
                Err(error) if is_defect(&error) => return Err(GenerationError::face(path)(error)),
                Err(_) => reader.by_ref().take(FRAME_RATE as usize - 1).for_each(drop),
            }
        }
        // As if its face were large; the tracker will say what is wrong with it.
        let large = Landmarks::from_fn(|k| [if k == 473 { size.0 as f32 } else { 0.0 }, 0.0, 0.0]);
        Ok(self.size.factor(role, size, &large))
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
        let track = FaceTracker::new(self.networks, self.face).with_orientation(Orientation::Searched).track(frames);
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
