//! Who speaks: prepared once from pictures and videos, then able to speak any number of recordings.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use talkinghead_face::{FaceChoice, FaceNetworks, Landmarks, QuarterTurn};
use talkinghead_media::{MediaError, MediaInfo, MediaKind, probe};
use talkinghead_motion::HeadStyle;
use talkinghead_render::{Renderer, SpeechStyle};

use crate::job::{Job, job_settings};
#[cfg(feature = "neural")]
use crate::neural::LoadedGenerator;
use crate::reference_cache::{CachePlace, FoundPerson};
use crate::reference_frames::{ReferenceFrame, ReferenceFrames, hand_out};
use crate::reference_identity::IdentityCheck;
use crate::reference_loader::{ReferenceLoader, Subject, WholeShots};
use crate::tracked_reference::{ReferenceTracker, TrackedReference};
use crate::{GenerationError, PersonOptions, RendererChoice, Stage};

/// How far the lips of most people part at wide openings (95 % quantile), interocular distances.
const USUAL_OPENING: f32 = 0.24;

/// A person, prepared. Clones share everything; all may speak at the same time. Holds the picture, the meshes and textures made
/// of it, and the mouths that the references show: some tens of megabytes.
///
/// ```no_run
/// use talkinghead::{Generation, Person};
///
/// let person = Person::from_references(["portrait.png"]).prepare()?;
/// for (audio, output) in [("hello.wav", "hello.mp4"), ("bye.wav", "bye.mp4")] {
///     Generation::of(&person, audio, output).run()?;
/// }
/// # Ok::<(), talkinghead::GenerationError>(())
/// ```
#[derive(Clone)]
pub struct Person {
    prepared: Arc<Prepared>,
}

struct Prepared {
    references: Vec<PathBuf>,
    face: FaceChoice,
    landmarks: Landmarks,
    turn: QuarterTurn,
    habits: SpeakingHabits,
    renderer: Box<dyn Renderer>,
    networks: FaceNetworks,
    warnings: Vec<String>,
    notes: Vec<String>,
}

impl Person {
    /// Pictures, videos or folders of frames of one person, to be prepared; the first picture (or the best frame of the first
    /// video) is the one that moves.
    pub fn from_references<P: Into<PathBuf>>(references: impl IntoIterator<Item = P>) -> PersonBuilder {
        let references = references.into_iter().map(Into::into).collect();
        PersonBuilder { references, options: PersonOptions::default(), job: Job::default() }
    }

    /// Width and height of full frames in pixels: the first reference's.
    pub fn size(&self) -> (u32, u32) {
        self.turn().back().size(self.prepared.renderer.size())
    }

    /// What was not quite right with the references, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.prepared.warnings
    }

    /// What may be good to know about the references, one sentence each: how they were taken, what would be better.
    pub fn notes(&self) -> &[String] {
        &self.prepared.notes
    }

    /// The files this person was made of.
    pub fn references(&self) -> &[PathBuf] {
        &self.prepared.references
    }

    pub(crate) fn renderer(&self) -> &dyn Renderer {
        &*self.prepared.renderer
    }

    /// How the references' picture was turned to stand upright, which the renderer's frames do.
    pub(crate) fn turn(&self) -> QuarterTurn {
        self.prepared.turn
    }

    /// The face in the renderer's frames.
    pub(crate) fn landmarks(&self) -> &Landmarks {
        &self.prepared.landmarks
    }

    pub(crate) fn face(&self) -> FaceChoice {
        self.prepared.face
    }

    pub(crate) fn networks(&self) -> &FaceNetworks {
        &self.prepared.networks
    }

    /// How this person speaks, as far as the references show it.
    pub(crate) fn habits(&self) -> SpeakingHabits {
        self.prepared.habits
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("references", &self.prepared.references)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Prepares a [`Person`].
#[derive(Clone)]
pub struct PersonBuilder {
    references: Vec<PathBuf>,
    options: PersonOptions,
    job: Job,
}

impl PersonBuilder {
    /// Sets all options.
    pub fn options(mut self, options: PersonOptions) -> Self {
        self.options = options;
        self
    }

    job_settings!();

    /// Hands out frames of the references instead of preparing the person: the one that [`PersonBuilder::prepare`] would move, then up to
    /// `most - 1` others, spread evenly, in the order of the references. References that show somebody else than the first are left out
    /// (or not), as there. One frame is in memory at a time.
    ///
    /// # Errors
    /// A reference is missing, unreadable, or the first shows no face.
    pub fn frames(&self, most: NonZeroUsize, take: &mut dyn FnMut(ReferenceFrame)) -> Result<ReferenceFrames, GenerationError> {
        hand_out(&self.references, &self.options, most, &self.job.begin()?, take)
    }

    /// Does it.
    ///
    /// # Errors
    /// A reference is missing, unreadable or shows no face, the portrait cannot be animated, weights do not fit.
    pub fn prepare(&self) -> Result<Person, GenerationError> {
        let job = self.job.begin()?;
        check_inputs(self.references.iter().map(PathBuf::as_path).chain(self.options.renderer.paths()))?;
        check_renderer(&self.options.renderer)?;
        let references = find_references(&self.references, &self.options)?;
        prepare(&self.references, references, &self.options, &job)
    }
}

/// Whether this build can use the renderer.
pub(crate) fn check_renderer(choice: &RendererChoice) -> Result<(), GenerationError> {
    match choice {
        RendererChoice::Projection => Ok(()),
        #[cfg(feature = "neural")]
        RendererChoice::Neural(neural) if !neural.device.is_built_in() => Err(GenerationError::option(
            format!("this build of the program cannot use the device `{}`", neural.device.name()),
            "use --device cpu; `talkinghead doctor` lists the devices that work",
        )),
        #[cfg(feature = "neural")]
        RendererChoice::Neural(_) => Ok(()),
    }
}

/// What was found of the references without decoding them.
pub(crate) enum FoundReferences {
    /// All there is to know is known from an earlier time.
    Known(Box<FoundPerson>),
    /// What they are, and where what is found out about them is to be kept.
    Probed(Vec<(PathBuf, MediaInfo)>, Option<CachePlace>),
}

/// Looks for the references in the cache, and at what they are if they are not there.
pub(crate) fn find_references(references: &[PathBuf], options: &PersonOptions) -> Result<FoundReferences, GenerationError> {
    let place = CachePlace::of(references, options, WholeShots::for_renderer(&options.renderer));
    if let Some(known) = place.as_ref().and_then(|place| place.read(references)) {
        return Ok(FoundReferences::Known(Box::new(known)));
    }
    Ok(FoundReferences::Probed(probe_references(references, options)?, place))
}

/// Looks at what the references are, without decoding them.
pub(crate) fn probe_references(
    references: &[PathBuf],
    options: &PersonOptions,
) -> Result<Vec<(PathBuf, MediaInfo)>, GenerationError> {
    if references.is_empty() {
        return Err(GenerationError::option("no reference was given", "give at least one picture or video of the person"));
    }
    let probed = references.iter().map(|path| match probe(path, &options.limits)? {
        info if info.kind == MediaKind::Audio => Err(MediaError::NoVideo { path: path.clone() }.into()),
        info => Ok((path.clone(), info)),
    });
    probed.collect()
}

/// The person of references that were found.
pub(crate) fn prepare(
    paths: &[PathBuf],
    found: FoundReferences,
    options: &PersonOptions,
    job: &Job,
) -> Result<Person, GenerationError> {
    // Weights that do not fit are told before minutes of other work.
    #[cfg(feature = "neural")]
    let generator = job.measure(Stage::Preparation, || LoadedGenerator::of(&options.renderer))?;
    let networks = FaceNetworks::load();
    let found = match found {
        FoundReferences::Known(person) => *person,
        FoundReferences::Probed(references, place) => {
            let person = job.measure(Stage::Reference, || look(references, options, &networks, job))?;
            job.check()?;
            if let Some(place) = place {
                job.measure(Stage::Reference, || place.write(&person, paths));
            }
            person
        }
    };
    job.check()?;
    let FoundPerson { subject, warnings, notes } = found;
    let (landmarks, turn) = (subject.face.landmarks.clone(), subject.turn);
    let habits = SpeakingHabits::of(subject.style.as_ref());
    let renderer = job.measure(Stage::Preparation, || {
        job.tell(Stage::Preparation, 0, None);
        #[cfg(feature = "neural")]
        if let Some(generator) = generator {
            return Ok(Box::new(generator.renderer(subject)?) as Box<dyn Renderer>);
        }
        projection(subject)
    })?;
    let (references, face) = (paths.to_vec(), options.face);
    let prepared = Prepared { references, face, landmarks, turn, habits, renderer, networks, warnings, notes };
    Ok(Person { prepared: Arc::new(prepared) })
}

/// Finds out all there is to know of the references.
fn look(
    references: Vec<(PathBuf, MediaInfo)>,
    options: &PersonOptions,
    networks: &FaceNetworks,
    job: &Job,
) -> Result<FoundPerson, GenerationError> {
    let (mut warnings, mut notes) = (Vec::new(), Vec::new());
    job.tell(Stage::Reference, 0, None);
    let tracker = ReferenceTracker::new(networks, options.face, &options.limits, job).with_size(options.size);
    let mut references = tracker.track(references, &mut warnings)?;
    let (identities, limits) = (options.identities, &options.limits);
    IdentityCheck { networks, identities, limits, job }.keep_one_person(&mut references, &mut warnings)?;
    notes.extend(references.first().into_iter().flat_map(TrackedReference::notes));
    let whole_shots = WholeShots::for_renderer(&options.renderer);
    let loader = ReferenceLoader { networks, shots: options.shots, whole_shots, limits, job };
    let subject = loader.subject(references, &mut warnings)?;
    if subject.only_closed {
        notes.push("the references show a closed mouth: a second picture with the mouth open makes lips and teeth better".into());
    }
    Ok(FoundPerson { subject, warnings, notes })
}

fn projection(subject: Subject) -> Result<Box<dyn Renderer>, GenerationError> {
    Ok(Box::new(subject.projection()?))
}

/// How a person speaks, as far as references show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SpeakingHabits {
    /// How much wider (or less) the mouth opens than most people's; 1 when not known.
    pub amplitude: f32,
    /// How the head moves.
    pub head: Option<HeadStyle>,
}

impl SpeakingHabits {
    /// As seen in a video of the person speaking.
    pub(crate) fn of(style: Option<&SpeechStyle>) -> Self {
        Self {
            amplitude: style.map_or(1.0, |style| (style.opening / USUAL_OPENING).clamp(0.75, 1.35)),
            head: style.map(|style| HeadStyle {
                deviation: style.head,
                seconds: style.frames as f32 / talkinghead_media::FRAME_RATE as f32,
            }),
        }
    }
}

/// Whether every input is there.
pub(crate) fn check_inputs<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), GenerationError> {
    match inputs.into_iter().find(|input| !input.exists()) {
        Some(missing) => Err(MediaError::NotFound { path: missing.to_owned() }.into()),
        None => Ok(()),
    }
}
