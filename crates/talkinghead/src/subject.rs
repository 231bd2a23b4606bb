//! Who speaks: pictures and videos of one person become shots with landmarks.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker, StillFace, TrackedFrame};
use talkinghead_media::{FrameReader, Limits, MediaError, MediaKind, probe, read_image};
use talkinghead_render::{MouthBank, MouthBankOptions};

use crate::{Cancellation, GenerationError, GenerationOptions};

/// Frames of a reference video that are looked at: one minute.
pub(crate) const MOST_REFERENCE_FRAMES: usize = 1500;

/// A person, ready to be prepared for a renderer.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The picture that is moved.
    pub picture: RgbImage,
    /// Its face.
    pub face: StillFace,
    /// Mouths of the other shots (and of this one).
    pub mouths: MouthBank,
    /// Shots that were used.
    pub shots: usize,
    /// What was not quite right.
    pub warnings: Vec<String>,
}

/// A frame that may become a shot.
struct Candidate {
    path: PathBuf,
    recording: usize,
    /// Frame number in its video, 0 for a picture.
    frame: usize,
    tracked: Option<TrackedFrame>,
}

impl Subject {
    /// Looks at all references.
    pub(crate) fn look(
        references: &[PathBuf],
        options: &GenerationOptions,
        networks: &FaceNetworks,
        cancellation: &Cancellation,
        on_frame: &(dyn Fn(usize, Option<usize>) + Sync),
    ) -> Result<Self, GenerationError> {
        let mut warnings = Vec::new();
        let mut candidates = Vec::new();
        for (recording, path) in references.iter().enumerate() {
            cancellation.check()?;
            let found = candidates_of(path, recording, options, networks, on_frame, &mut warnings)?;
            candidates.extend(found);
            on_frame(candidates.len(), None);
        }
        let chosen = spread(candidates, options.shots.map_or(usize::MAX, usize::from));
        Self::gather(&chosen, options, networks, warnings, cancellation)
    }

    /// Reads the chosen frames once more, one after the other: only mouths and the base picture stay in memory.
    fn gather(
        chosen: &[Candidate],
        options: &GenerationOptions,
        networks: &FaceNetworks,
        mut warnings: Vec<String>,
        cancellation: &Cancellation,
    ) -> Result<Self, GenerationError> {
        let mut base: Option<(RgbImage, StillFace)> = None;
        let mut mouths = MouthBank::new(MouthBankOptions::default());
        let mut shots = 0;
        for group in chosen.chunk_by(|a, b| a.recording == b.recording) {
            mouths.begin_recording();
            let path = &group[0].path;
            let mut reader = Reader::open(path, &options.limits)?;
            for candidate in group {
                cancellation.check()?;
                let Some(picture) = reader.frame(candidate.frame)? else { break };
                let landmarks = match &candidate.tracked {
                    Some(tracked) => tracked.landmarks.clone(),
                    None => match networks.still_face(&picture, options.face) {
                        Ok(face) => {
                            let landmarks = face.landmarks.clone();
                            if base.is_none() {
                                base = Some((picture.clone(), face));
                            }
                            landmarks
                        }
                        // The base picture must have a face; further ones may fail.
                        Err(error) if base.is_none() && chosen.len() == 1 => return Err(GenerationError::face(path)(error)),
                        Err(error @ FaceError::Network { .. }) => return Err(GenerationError::face(path)(error)),
                        Err(error) => {
                            warnings.push(format!("{} is left out: {error}", path.display()));
                            continue;
                        }
                    },
                };
                if base.is_none() {
                    let face = networks.still_face(&picture, options.face).map_err(GenerationError::face(path))?;
                    base = Some((picture.clone(), face));
                }
                mouths.add(&picture, &landmarks, candidate.frame);
                shots += 1;
            }
        }
        let Some((picture, face)) = base else {
            let path = chosen.first().map(|c| c.path.clone()).unwrap_or_default();
            return Err(GenerationError::face(&path)(FaceError::NoFace { place: "any reference".into() }));
        };
        Ok(Self { picture, face, mouths, shots, warnings })
    }
}

/// The frames of one reference that show the face.
fn candidates_of(
    path: &Path,
    recording: usize,
    options: &GenerationOptions,
    networks: &FaceNetworks,
    on_frame: &(dyn Fn(usize, Option<usize>) + Sync),
    warnings: &mut Vec<String>,
) -> Result<Vec<Candidate>, GenerationError> {
    let info = probe(path, &options.limits)?;
    let candidate = |frame, tracked| Candidate { path: path.to_owned(), recording, frame, tracked };
    match info.kind {
        MediaKind::Audio => Err(MediaError::NoVideo { path: path.to_owned() }.into()),
        MediaKind::Picture => Ok(vec![candidate(0, None)]),
        MediaKind::Video | MediaKind::FrameFolder => {
            let mut reader = FrameReader::open(path, &options.limits)?;
            if options.shots.is_some_and(|shots| shots.get() == 1) {
                // One shot is the first frame: no need to follow the face.
                return Ok(vec![candidate(0, None)]);
            }
            let total = info.seconds.map(|s| ((s * 25.0).round() as usize).min(MOST_REFERENCE_FRAMES));
            let tracker = FaceTracker::new(networks, options.face);
            let frames = reader.by_ref().take(MOST_REFERENCE_FRAMES).enumerate().map(|(index, frame)| {
                on_frame(index, total);
                frame.map_err(face_error)
            });
            let track = tracker.track(frames).map_err(GenerationError::face(path))?;
            if track.frames.len() == MOST_REFERENCE_FRAMES && reader.next().is_some() {
                warnings.push(format!("{} is long: only its first minute is used as a reference", path.display()));
            }
            warnings.extend(reader.warnings());
            warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
            let seen = track.frames.into_iter().enumerate().filter(|(_, frame)| !frame.interpolated);
            Ok(seen.map(|(index, frame)| candidate(index, Some(frame))).collect())
        }
    }
}

/// At most `count` of the candidates, evenly spread, the first always among them.
fn spread(candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    if candidates.len() <= count {
        return candidates;
    }
    let step = candidates.len() as f64 / count as f64;
    let wanted: Vec<usize> = (0..count).map(|k| (k as f64 * step) as usize).collect();
    let mut wanted = wanted.iter().peekable();
    let keep = |(index, candidate)| (wanted.next_if(|w| **w == index)).map(|_| candidate);
    candidates.into_iter().enumerate().filter_map(keep).collect()
}

/// A media error on its way through the tracker.
pub(crate) fn face_error(error: MediaError) -> FaceError {
    FaceError::Frame { message: error.to_string(), hint: error.hint() }
}

/// Frames by rising number.
enum Reader {
    Picture(PathBuf, Limits),
    Frames { reader: FrameReader, next: usize },
}

impl Reader {
    fn open(path: &Path, limits: &Limits) -> Result<Self, MediaError> {
        Ok(match probe(path, limits)?.kind {
            MediaKind::Picture => Self::Picture(path.to_owned(), *limits),
            _ => Self::Frames { reader: FrameReader::open(path, limits)?, next: 0 },
        })
    }

    /// Frame `number`; `None` after the end.
    fn frame(&mut self, number: usize) -> Result<Option<RgbImage>, MediaError> {
        match self {
            Self::Picture(path, limits) => read_image(path, limits).map(Some),
            Self::Frames { reader, next } => {
                while let Some(frame) = reader.next() {
                    *next += 1;
                    if *next == number + 1 {
                        return frame.map(Some);
                    }
                    frame?;
                }
                Ok(None)
            }
        }
    }
}

/// The chosen face through a driving video.
pub(crate) fn measure_video(
    path: &Path,
    face: FaceChoice,
    limits: &Limits,
    networks: &FaceNetworks,
    on_frame: impl Fn(usize, Option<usize>),
) -> Result<(talkinghead_motion::MeasuredFace, Vec<String>), GenerationError> {
    let mut reader = FrameReader::open(path, limits)?;
    let total = reader.info().seconds.map(|s| (s * 25.0).round() as usize);
    let tracker = FaceTracker::new(networks, face);
    let frames = reader.by_ref().enumerate().map(|(index, frame)| {
        on_frame(index, total);
        frame.map_err(face_error)
    });
    let track = tracker.track(frames).map_err(GenerationError::face(path))?;
    let mut warnings = reader.warnings();
    warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
    let mut measured = talkinghead_motion::MeasuredFace::default();
    track.frames.iter().for_each(|frame| measured.push(&frame.landmarks));
    Ok((measured, warnings))
}
