//! The second look at the references: pictures and mouths of the person who speaks.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use image::RgbImage;
use talkinghead_face::{FaceError, FaceNetworks, HairMatte, Landmarks, PersonMatte, QuarterTurn, StillFace, missing_parts};
use talkinghead_media::Limits;
use talkinghead_render::{
    Mattes, MouthBank, MouthBankOptions, MouthLight, MouthTarget, ProjectionRenderer, RenderOptions, Shot, SpeechStyle,
    diverse_mouths, key_frame, mouths_differ,
};

use crate::job::Job;
use crate::mouth_checks::check_cover;
use crate::reference_reader::ReferenceReader;
use crate::tracked_reference::{TrackedReference, speech_style};
use crate::{GenerationError, RendererChoice, Stage};

/// Shots of other pictures that are kept whole, to borrow teeth from.
const MOST_SPARE_PICTURES: usize = 3;
/// Whole pictures that are kept as shots for the network: as many as published networks take.
const MOST_SHOTS: usize = 8;
/// Eye distance up to which mouths are remembered, relative to the base picture's.
const MOUTH_RESOLUTION: f32 = 1.2;

/// Gap of the lips from which on a mouth is open, interocular distances.
const OPEN_GAP: f32 = 0.05;

/// What the references show of a person.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The picture that is moved.
    pub picture: RgbImage,
    /// Where it came from.
    pub path: PathBuf,
    /// Its face.
    pub face: StillFace,
    /// How the picture was turned to stand upright.
    pub turn: QuarterTurn,
    /// How the person speaks, if a video shows it.
    pub style: Option<SpeechStyle>,
    /// Where in the picture the person is.
    pub person: PersonMatte,
    /// Where the person's hair is.
    pub hair: HairMatte,
    /// Mouths of all shots.
    pub mouths: MouthBank,
    /// Pictures to borrow teeth from.
    pub spare: Vec<(RgbImage, StillFace)>,
    /// No reference shows the mouth open.
    pub only_closed: bool,
    /// Further shots, kept whole only for a renderer that takes them.
    pub shots: Vec<Shot>,
}

/// What the references show beside the picture that moves.
struct Shown {
    mouths: MouthBank,
    spare: Vec<(RgbImage, StillFace)>,
    shots: Vec<Shot>,
}

/// Whether whole pictures are kept for the renderer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WholeShots {
    Kept,
    Left,
}

impl WholeShots {
    /// What a renderer wants.
    pub(crate) fn for_renderer(renderer: &RendererChoice) -> Self {
        if *renderer == RendererChoice::Projection { Self::Left } else { Self::Kept }
    }
}

/// What loading references needs.
pub(crate) struct ReferenceLoader<'a> {
    pub networks: &'a FaceNetworks,
    pub shots: Option<NonZeroUsize>,
    pub whole_shots: WholeShots,
    pub limits: &'a Limits,
    pub job: &'a Job,
}

impl ReferenceLoader<'_> {
    /// The person of the references. Only the base picture, a few spare ones and crops of mouths stay in memory.
    pub(crate) fn subject(
        &self,
        mut references: Vec<TrackedReference>,
        warnings: &mut Vec<String>,
    ) -> Result<Subject, GenerationError> {
        self.leave_out_covered(&mut references, warnings)?;
        let style = speech_style(&references);
        let only_closed = references.iter().flat_map(|r| &r.frames).all(|(_, face)| gap(face) < OPEN_GAP);
        let chosen = self.choose(&mut references);
        let Some(first) = references.first() else {
            return Err(GenerationError::option("no reference was given", "give at least one picture or video of the person"));
        };
        // The picture that moves comes first: its resolution decides that of the mouths.
        let picture = self.read(&mut first.reader(self.limits)?, chosen)?;
        let face = self.still_face(&picture, first, chosen)?;
        let missing = missing_parts(&face.landmarks, picture.dimensions());
        warnings.extend(missing.iter().map(|part| {
            format!("{}: {} lies outside the picture; what is not seen cannot move well", first.path.display(), part.name())
        }));
        let largest_iod = MOUTH_RESOLUTION * face.landmarks.interocular_distance();
        let mouths = MouthBank::new(MouthBankOptions { largest_iod, ..MouthBankOptions::default() });
        let path = first.path.clone();
        let light = MouthLight::of(&picture, &face.landmarks);
        let turn = first.view.turn;
        // The mattes know nothing of the mouths: all are made at once.
        let (person, hair, shown) = std::thread::scope(|scope| {
            let (networks, job, picture, landmarks) = (self.networks, self.job, &picture, &face.landmarks);
            let person = scope.spawn(move || job.measure_core(Stage::Reference, || networks.person_matte(picture)));
            let hair = scope.spawn(move || job.measure_core(Stage::Reference, || networks.hair_matte(picture, landmarks)));
            let shown = Shown { mouths, spare: Vec::new(), shots: Vec::new() };
            let shown = self.collect_all(shown, &references, chosen, light, warnings);
            let (person, hair) = (person.join(), hair.join());
            let joined = |panic| std::panic::resume_unwind(panic);
            (person.unwrap_or_else(joined), hair.unwrap_or_else(joined), shown)
        });
        let Shown { mouths, spare, shots } = shown?;
        let person = person.map_err(GenerationError::face(&path))?;
        let hair = hair.map_err(GenerationError::face(&path))?;
        tracing::debug!(mouths = mouths.len(), shots = shots.len(), "references loaded");
        Ok(Subject { picture, path, face, turn, style, person, hair, mouths, spare, only_closed, shots })
    }

    /// Mouths, spare pictures and shots of all references; `chosen` is the first one's frame that moves, in this `light`.
    fn collect_all(
        &self,
        mut shown: Shown,
        references: &[TrackedReference],
        chosen: usize,
        light: Option<MouthLight>,
        warnings: &mut Vec<String>,
    ) -> Result<Shown, GenerationError> {
        let every = references.iter().map(|r| r.frames.len()).sum::<usize>().div_ceil(MOST_SHOTS).max(1);
        let mut seen = 0_usize;
        let mut wants_shot = || {
            seen += 1;
            self.whole_shots == WholeShots::Kept && (seen - 1).is_multiple_of(every)
        };
        for (number, reference) in references.iter().enumerate() {
            let base = (number == 0).then_some(chosen);
            if !self.collect(&mut shown, reference, base, light, &mut wants_shot)? {
                let (name, base) = (reference.path.display(), references[0].path.display());
                warnings.push(format!("the mouths of {name} are left out: its light differs too much from that of {base}"));
            }
        }
        Ok(shown)
    }

    /// Adds what a reference shows. `base`: which of its frames is the picture that moves, if one is. Gives whether its light
    /// could be brought to `light`; if not, its mouths and teeth are left out.
    fn collect(
        &self,
        shown: &mut Shown,
        reference: &TrackedReference,
        base: Option<usize>,
        light: Option<MouthLight>,
        wants_shot: &mut impl FnMut() -> bool,
    ) -> Result<bool, GenerationError> {
        let mut reader = reference.reader(self.limits)?;
        shown.mouths.begin_recording();
        // A photograph as a video, or a mouth at rest, counts as the one picture that it is.
        let landmarks = reference.landmarks();
        let usual = || key_frame(&landmarks).and_then(|k| reference.frames.get(k)).map_or(0, |(frame, _)| *frame);
        let only = (!mouths_differ(&landmarks)).then(|| base.unwrap_or_else(usual));
        let mut matches = None;
        for (frame, landmarks) in &reference.frames {
            let picture = self.read(&mut reader, *frame)?;
            let matches = *matches.get_or_insert_with(|| match (MouthLight::of(&picture, landmarks), light) {
                (Some(found), Some(wanted)) => base.is_some() || found.can_match(&wanted),
                _ => true,
            });
            if matches && only.is_none_or(|only| only == *frame) {
                shown.mouths.add(&picture, landmarks, *frame);
            }
            let is_base = base == Some(*frame);
            if wants_shot() && !is_base {
                shown.shots.push(Shot { picture: picture.clone(), landmarks: landmarks.clone() });
            }
            if matches && only == Some(*frame) && !is_base && shown.spare.len() < MOST_SPARE_PICTURES {
                let face = self.still_face(&picture, reference, *frame)?;
                shown.spare.push((picture, face));
            }
        }
        Ok(matches.unwrap_or(true))
    }

    /// Leaves out further videos whose mouth is covered; of pictures, the first look has told.
    fn leave_out_covered(
        &self,
        references: &mut Vec<TrackedReference>,
        warnings: &mut Vec<String>,
    ) -> Result<(), GenerationError> {
        let mut kept = Vec::new();
        for reference in references.drain(..) {
            let landmarks = reference.landmarks();
            let frame = key_frame(&landmarks).and_then(|k| reference.frames.get(k));
            if let Some((number, landmarks)) = frame.filter(|_| reference.still.is_none()) {
                let picture = self.read(&mut reference.reader(self.limits)?, *number)?;
                match check_cover(self.networks, &picture, landmarks, &reference.path, warnings) {
                    Ok(()) => {}
                    Err(error @ FaceError::NoMouth { .. }) if !kept.is_empty() => {
                        warnings.push(format!("{} is left out: {error}", reference.path.display()));
                        continue;
                    }
                    Err(error) => return Err(GenerationError::face(&reference.path)(error)),
                }
            }
            kept.push(reference);
        }
        *references = kept;
        Ok(())
    }

    /// Keeps as many shots as wanted, as different from each other as can be; gives the number of the frame of the first
    /// reference that is moved.
    fn choose(&self, references: &mut [TrackedReference]) -> usize {
        let Some(first) = references.first() else { return 0 };
        let base = key_frame(&first.landmarks()).unwrap_or(0);
        let chosen = first.frames.get(base).map_or(0, |(frame, _)| *frame);
        let Some(shots) = self.shots else { return chosen };
        let all: Vec<Landmarks> = references.iter().flat_map(TrackedReference::landmarks).collect();
        let mut keep = diverse_mouths(&all, shots.get(), Some(base)).into_iter().peekable();
        let mut index = 0;
        for reference in references {
            reference.frames.retain(|_| {
                index += 1;
                keep.next_if_eq(&(index - 1)).is_some()
            });
        }
        chosen
    }

    fn read(&self, reader: &mut ReferenceReader<'_>, frame: usize) -> Result<RgbImage, GenerationError> {
        self.job.check()?;
        Ok(reader.frame(frame)?)
    }

    /// The face of a reference's frame, as well as can be told.
    fn still_face(&self, picture: &RgbImage, reference: &TrackedReference, frame: usize) -> Result<StillFace, GenerationError> {
        if let Some(still) = &reference.still {
            return Ok(still.clone());
        }
        let tracked = reference.frames.iter().find(|(number, _)| *number == frame);
        let Some((_, landmarks)) = tracked else {
            let place = format!("frame {frame}");
            return Err(GenerationError::face(&reference.path)(FaceError::NoFace { place }));
        };
        self.networks.face_near(picture, landmarks).map_err(GenerationError::face(&reference.path))
    }
}

/// How far the lips are apart, interocular distances.
fn gap(face: &Landmarks) -> f32 {
    MouthTarget::of_landmarks(face).feature.gap()
}

impl Subject {
    /// The projection renderer for this person, with remembered mouths.
    pub(crate) fn projection(self) -> Result<ProjectionRenderer, GenerationError> {
        Ok(self.portrait()?.with_mouths(self.mouths))
    }

    /// The picture, ready to be moved.
    pub(crate) fn portrait(&self) -> Result<ProjectionRenderer, GenerationError> {
        let unfit = |source| GenerationError::Portrait { path: self.path.clone(), source };
        let mattes = Some(Mattes { person: &self.person, hair: &self.hair });
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
}
