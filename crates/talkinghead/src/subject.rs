//! Who speaks: pictures and videos of one person become shots with landmarks.

use std::path::{Path, PathBuf};

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker, Landmarks, StillFace};
use talkinghead_media::{FrameReader, Limits, MediaError, MediaKind, probe, read_image};
use talkinghead_motion::MeasuredFace;
use talkinghead_render::{
    Mattes, MouthBank, MouthBankOptions, ProjectionRenderer, RenderOptions, Shot, SpeechStyle, diverse_mouths, key_frame,
};

use crate::{Cancellation, GenerationError, GenerationOptions, RendererChoice};

/// Frames of a reference video that are looked at: one minute.
const MOST_REFERENCE_FRAMES: usize = 1500;
/// Shots of other pictures that are kept whole, to borrow teeth from.
const MOST_SPARE_PICTURES: usize = 3;
/// Eye distance up to which mouths are remembered, relative to the base picture's.
const MOUTH_RESOLUTION: f32 = 1.2;
/// How far the lips of most people part at wide openings (95 % quantile), interocular distances.
const USUAL_OPENING: f32 = 0.24;

/// A person, ready to be prepared for a renderer.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The picture that is moved.
    pub picture: RgbImage,
    /// Where it came from.
    pub path: PathBuf,
    /// Its face.
    pub face: StillFace,
    /// How the person speaks, if a video shows it.
    pub style: Option<SpeechStyle>,
    /// Mouths of all shots.
    mouths: MouthBank,
    /// Pictures to borrow teeth from.
    spare: Vec<(RgbImage, StillFace)>,
    /// Further shots for the neural renderer, kept whole only for it.
    pub shots: Vec<Shot>,
    /// What was not quite right.
    pub warnings: Vec<String>,
}

/// One reference, looked at once: where its face is in each frame that shows it.
struct Recording {
    path: PathBuf,
    kind: MediaKind,
    /// Frame numbers with landmarks, in rising order.
    frames: Vec<(usize, Landmarks)>,
}

/// What looking at references needs.
pub(crate) struct Looking<'a> {
    pub options: &'a GenerationOptions,
    pub networks: &'a FaceNetworks,
    pub cancellation: &'a Cancellation,
    /// Told the frames done and to do.
    pub on_frame: &'a (dyn Fn(usize, Option<usize>) + Sync),
}

impl Looking<'_> {
    /// Looks at all references. Only the base picture, a few spare ones and crops of mouths stay in memory.
    pub(crate) fn subject(&self, references: &[PathBuf]) -> Result<Subject, GenerationError> {
        let mut warnings = Vec::new();
        let mut recordings = Vec::new();
        for path in references {
            match self.recording(path, &mut warnings) {
                Ok(recording) => recordings.push(recording),
                // The first reference must have a face; further ones may fail.
                Err(GenerationError::Face { path, source }) if !recordings.is_empty() && !is_defect(&source) => {
                    warnings.push(format!("{} is left out: {source}", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        let style = recordings.iter().find_map(|r| SpeechStyle::measure(&r.landmarks()));
        let chosen = self.choose(&mut recordings);
        let mut base: Option<(PathBuf, RgbImage, StillFace)> = None;
        let (mut mouths, mut spare) = (MouthBank::new(MouthBankOptions::default()), Vec::new());
        let neural = matches!(self.options.renderer, RendererChoice::Neural(_));
        let every = recordings.iter().map(|r| r.frames.len()).sum::<usize>().div_ceil(MOST_SHOTS).max(1);
        let (mut shots, mut seen) = (Vec::new(), 0);
        for (number, recording) in recordings.iter().enumerate() {
            let mut reader = Reader::open(&recording.path, recording.kind, &self.options.limits)?;
            // The picture that moves comes first: its resolution decides that of the mouths.
            if number == 0 {
                let picture = self.read(&mut reader, chosen, recording)?;
                let face =
                    self.networks.still_face(&picture, self.options.face).map_err(GenerationError::face(&recording.path))?;
                let largest_iod = MOUTH_RESOLUTION * face.landmarks.interocular_distance();
                mouths = MouthBank::new(MouthBankOptions { largest_iod, ..MouthBankOptions::default() });
                base = Some((recording.path.clone(), picture, face));
                reader = Reader::open(&recording.path, recording.kind, &self.options.limits)?;
            }
            mouths.begin_recording();
            for (frame, landmarks) in &recording.frames {
                let picture = self.read(&mut reader, *frame, recording)?;
                mouths.add(&picture, landmarks, *frame);
                let is_base = number == 0 && *frame == chosen;
                if neural && !is_base && seen % every == 0 {
                    shots.push(Shot { picture: picture.clone(), landmarks: landmarks.clone() });
                }
                seen += 1;
                if recording.kind == MediaKind::Picture && !is_base && spare.len() < MOST_SPARE_PICTURES {
                    let face =
                        self.networks.still_face(&picture, self.options.face).map_err(GenerationError::face(&recording.path))?;
                    spare.push((picture, face));
                }
            }
        }
        let Some((path, picture, face)) = base else {
            return Err(GenerationError::option("no reference was given", "give at least one picture or video of the person"));
        };
        Ok(Subject { picture, path, face, style, mouths, spare, shots, warnings })
    }

    /// Where the face is in a reference.
    fn recording(&self, path: &Path, warnings: &mut Vec<String>) -> Result<Recording, GenerationError> {
        self.cancellation.check()?;
        let info = probe(path, &self.options.limits)?;
        let face = GenerationError::face(path);
        let frames = match info.kind {
            MediaKind::Audio => return Err(MediaError::NoVideo { path: path.to_owned() }.into()),
            MediaKind::Picture => {
                let picture = read_image(path, &self.options.limits)?;
                vec![(0, self.networks.still_face(&picture, self.options.face).map_err(face)?.landmarks)]
            }
            MediaKind::Video | MediaKind::FrameFolder => {
                let mut reader = FrameReader::open(path, &self.options.limits)?;
                let total = info.seconds.map(|s| ((s * 25.0).round() as usize).min(MOST_REFERENCE_FRAMES));
                let frames = reader.by_ref().take(MOST_REFERENCE_FRAMES).enumerate().map(|(index, frame)| {
                    (self.on_frame)(index + 1, total);
                    if self.cancellation.is_cancelled() { Err(MediaError::Interrupted) } else { frame }.map_err(face_error)
                });
                let track = FaceTracker::new(self.networks, self.options.face).track(frames);
                self.cancellation.check()?;
                let track = track.map_err(face)?;
                if track.frames.len() == MOST_REFERENCE_FRAMES && reader.next().is_some() {
                    warnings.push(format!("{} is long: only its first minute is used as a reference", path.display()));
                }
                warnings.extend(reader.warnings());
                warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
                let seen = track.frames.into_iter().enumerate().filter(|(_, frame)| !frame.interpolated);
                seen.map(|(index, frame)| (index, frame.landmarks)).collect()
            }
        };
        Ok(Recording { path: path.to_owned(), kind: info.kind, frames })
    }

    /// Keeps as many shots as wanted, as different from each other as can be; gives the number of the frame of the first
    /// recording that is moved.
    fn choose(&self, recordings: &mut [Recording]) -> usize {
        let Some(first) = recordings.first() else { return 0 };
        let base = key_frame(&first.landmarks()).unwrap_or(0);
        let chosen = first.frames.get(base).map_or(0, |(frame, _)| *frame);
        let Some(shots) = self.options.shots else { return chosen };
        let all: Vec<Landmarks> = recordings.iter().flat_map(|r| r.landmarks()).collect();
        let mut keep = diverse_mouths(&all, shots.get(), Some(base)).into_iter().peekable();
        let mut index = 0;
        for recording in recordings {
            recording.frames.retain(|_| {
                index += 1;
                keep.next_if_eq(&(index - 1)).is_some()
            });
        }
        chosen
    }

    fn read(&self, reader: &mut Reader, frame: usize, recording: &Recording) -> Result<RgbImage, GenerationError> {
        self.cancellation.check()?;
        reader.frame(frame)?.ok_or_else(|| {
            let detail = format!("frame {frame} was there before and is missing now");
            MediaError::Undecodable { path: recording.path.clone(), detail }.into()
        })
    }
}

impl Recording {
    fn landmarks(&self) -> Vec<Landmarks> {
        self.frames.iter().map(|(_, landmarks)| landmarks.clone()).collect()
    }
}

impl Subject {
    /// The projection renderer for this person, with remembered mouths.
    pub(crate) fn projection(self, networks: &FaceNetworks) -> Result<Projection, GenerationError> {
        let renderer = self.portrait(networks)?;
        Ok(Projection::new(renderer, self.picture.dimensions(), self.mouths))
    }

    /// The picture, ready to be moved.
    pub(crate) fn portrait(&self, networks: &FaceNetworks) -> Result<ProjectionRenderer, GenerationError> {
        let broken = GenerationError::face(&self.path);
        let unfit = |source| GenerationError::Portrait { path: self.path.clone(), source };
        let person = networks.person_matte(&self.picture).map_err(&broken)?;
        let hair = networks.hair_matte(&self.picture, &self.face.landmarks).map_err(&broken)?;
        let mattes = Some(Mattes { person: &person, hair: &hair });
        let (landmarks, scores) = (&self.face.landmarks, &self.face.blendshapes);
        let mut renderer =
            ProjectionRenderer::new(&self.picture, landmarks, scores, mattes, &RenderOptions::default()).map_err(unfit)?;
        if let Some(style) = &self.style {
            renderer.set_neutral(&style.neutral);
        }
        for (picture, face) in &self.spare {
            if renderer.borrow_teeth(picture, &face.landmarks, &face.blendshapes).map_err(unfit)? {
                break;
            }
        }
        Ok(renderer)
    }

    /// How much wider (or less) this person opens the mouth than most; 1 when not known.
    pub(crate) fn amplitude(&self) -> f32 {
        self.style.as_ref().map_or(1.0, |style| (style.opening / USUAL_OPENING).clamp(0.75, 1.35))
    }
}

/// The chosen face through a driving video.
pub(crate) fn measure_video(
    path: &Path,
    face: FaceChoice,
    limits: &Limits,
    networks: &FaceNetworks,
    on_frame: impl Fn(usize, Option<usize>),
) -> Result<(MeasuredFace, Vec<String>), GenerationError> {
    let mut reader = FrameReader::open(path, limits)?;
    let total = reader.info().seconds.map(|s| (s * 25.0).round() as usize);
    let frames = reader.by_ref().enumerate().map(|(index, frame)| {
        on_frame(index + 1, total);
        frame.map_err(face_error)
    });
    let track = FaceTracker::new(networks, face).track(frames).map_err(GenerationError::face(path))?;
    let mut warnings = reader.warnings();
    warnings.extend(track.gaps.iter().map(|gap| format!("{}: {gap}", path.display())));
    let mut measured = MeasuredFace::default();
    track.frames.iter().for_each(|frame| measured.push(&frame.landmarks));
    Ok((measured, warnings))
}

fn is_defect(error: &FaceError) -> bool {
    matches!(error, FaceError::Network { .. } | FaceError::Frame { .. })
}

/// A media error on its way through the tracker.
fn face_error(error: MediaError) -> FaceError {
    FaceError::Frame { message: error.to_string(), hint: error.hint() }
}

/// Frames by rising number.
enum Reader {
    Picture(PathBuf, Limits),
    Frames { reader: Box<FrameReader>, next: usize },
}

impl Reader {
    fn open(path: &Path, kind: MediaKind, limits: &Limits) -> Result<Self, MediaError> {
        Ok(match kind {
            MediaKind::Picture => Self::Picture(path.to_owned(), *limits),
            _ => Self::Frames { reader: Box::new(FrameReader::open(path, limits)?), next: 0 },
        })
    }

    /// Frame `number`; `None` after the end.
    fn frame(&mut self, number: usize) -> Result<Option<RgbImage>, MediaError> {
        match self {
            Self::Picture(path, limits) => read_image(path, limits).map(Some),
            Self::Frames { reader, next } => {
                for frame in reader.by_ref() {
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
