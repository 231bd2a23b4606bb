//! Motion tracks without a video: made from a recording, or measured on a video.

use std::path::{Path, PathBuf};

use talkinghead_face::{FaceChoice, FaceNetworks};
use talkinghead_media::{Limits, MediaError, probe};
use talkinghead_motion::{MotionTrack, PlottedSound, TrackSource};

use crate::job::{Job, job_settings};
use crate::listening::drawn;
use crate::performer::{Performer, file_name, program};
use crate::person::{SpeakingHabits, check_inputs, probe_references};
use crate::reference_identity::IdentityCheck;
use crate::speech_analysis::{LipHearing, SpeechAnalysis};
use crate::tracked_reference::{ReferenceTracker, speech_style};
use crate::{GenerationError, Identities, PerformanceOptions, PersonOptions, Stage};

/// Makes a motion track: the performance that [`crate::Generation`] would give, or the one seen in a video.
///
/// ```no_run
/// use talkinghead::MotionGeneration;
///
/// let made = MotionGeneration::from_audio("speech.wav").references(["clip.mp4"]).run()?;
/// made.track.write("track.json".as_ref())?;
/// # Ok::<(), talkinghead::GenerationError>(())
/// ```
#[derive(Clone)]
pub struct MotionGeneration {
    source: Source,
    references: Vec<PathBuf>,
    face: FaceChoice,
    identities: Identities,
    options: PerformanceOptions,
    limits: Limits,
    sound: KeptSound,
    job: Job,
}

/// Whether the recording is kept for drawing.
#[derive(Clone, Copy, PartialEq)]
enum KeptSound {
    Not,
    ForPlot,
}

#[derive(Clone, Debug)]
enum Source {
    Audio(PathBuf),
    Video(PathBuf),
}

/// A motion track, made.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedMotion {
    /// The track.
    pub track: MotionTrack,
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
    /// The recording as it is drawn, if [`MotionGeneration::keep_sound`] asked for it.
    pub sound: Option<PlottedSound>,
}

impl MotionGeneration {
    /// The performance of a recording.
    pub fn from_audio(audio: impl Into<PathBuf>) -> Self {
        Self::from(Source::Audio(audio.into()))
    }

    /// The performance seen in a video: head, lips, lids and gaze of the chosen face.
    pub fn from_video(video: impl Into<PathBuf>) -> Self {
        Self::from(Source::Video(video.into()))
    }

    fn from(source: Source) -> Self {
        let (options, limits) = (PerformanceOptions::default(), Limits::default());
        Self {
            source,
            references: Vec::new(),
            face: FaceChoice::Main,
            identities: Identities::One,
            options,
            limits,
            sound: KeptSound::Not,
            job: Job::default(),
        }
    }

    /// Pictures and videos of the person who will speak: a video in which they speak tells how wide they open the mouth, as it
    /// does in [`crate::Generation`], and how far the head moves.
    pub fn references<P: Into<PathBuf>>(mut self, references: impl IntoIterator<Item = P>) -> Self {
        self.references = references.into_iter().map(Into::into).collect();
        self
    }

    /// Which face of a video, of the references and of the video whose head is followed.
    pub fn face(mut self, face: FaceChoice) -> Self {
        self.face = face;
        self
    }

    /// What is done with references that show somebody else than the first.
    pub fn identities(mut self, identities: Identities) -> Self {
        self.identities = identities;
        self
    }

    /// How the performance of a recording is made.
    pub fn options(mut self, options: PerformanceOptions) -> Self {
        self.options = options;
        self
    }

    /// Bounds of what is read.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps waveform, phones and accents of the recording, for [`talkinghead_motion::Plot`] and nods on stresses.
    pub fn keep_sound(mut self) -> Self {
        self.sound = KeptSound::ForPlot;
        self
    }

    job_settings!();

    /// Does it.
    ///
    /// # Errors
    /// An input is missing or unreadable, a video shows no face, a gain is out of range.
    pub fn run(&self) -> Result<GeneratedMotion, GenerationError> {
        let job = self.job.begin()?;
        let networks = FaceNetworks::load();
        match &self.source {
            Source::Audio(audio) => self.perform(audio, &networks, &job),
            Source::Video(video) => self.measure(video, &networks, &job),
        }
    }

    fn perform(&self, audio: &Path, networks: &FaceNetworks, job: &Job) -> Result<GeneratedMotion, GenerationError> {
        check_inputs(std::iter::once(audio).chain(self.options.head_motion.path()))?;
        let info = probe(audio, &self.limits)?;
        if info.audio.is_none() {
            return Err(MediaError::NoAudio { path: audio.to_owned() }.into());
        }
        let mut warnings = Vec::new();
        let habits = self.habits(networks, job, &mut warnings)?;
        let speech = SpeechAnalysis::of(audio, info.clone(), &self.limits, LipHearing::of(&self.options), job)?;
        warnings.extend(speech.warnings.iter().cloned());
        let (options, face, limits) = (&self.options, self.face, &self.limits);
        let performer = Performer { audio, options, habits, face, networks, limits, job };
        let track = performer.perform(&speech, &mut warnings)?;
        let sound = match self.sound {
            KeptSound::Not => None,
            KeptSound::ForPlot => Some(drawn(&speech, audio, info, limits, job)?),
        };
        Ok(GeneratedMotion { track, warnings, sound })
    }

    /// How the person of the references speaks.
    fn habits(&self, networks: &FaceNetworks, job: &Job, warnings: &mut Vec<String>) -> Result<SpeakingHabits, GenerationError> {
        if self.references.is_empty() {
            return Ok(SpeakingHabits::of(None));
        }
        let options = PersonOptions { face: self.face, limits: self.limits, ..PersonOptions::default() };
        let references = probe_references(&self.references, &options)?;
        job.measure(Stage::Reference, || {
            let tracker = ReferenceTracker::new(networks, self.face, &self.limits, job).without_pictures();
            let mut tracked = tracker.track(references, warnings)?;
            let (identities, limits) = (self.identities, &self.limits);
            IdentityCheck { networks, identities, limits, job }.keep_one_person(&mut tracked, warnings)?;
            Ok(SpeakingHabits::of(speech_style(&tracked).as_ref()))
        })
    }

    fn measure(&self, video: &Path, networks: &FaceNetworks, job: &Job) -> Result<GeneratedMotion, GenerationError> {
        let info = probe(video, &self.limits)?;
        let mut warnings = Vec::new();
        let tracker = ReferenceTracker::new(networks, self.face, &self.limits, job);
        let mut track = job.measure(Stage::HeadMotion, || tracker.measure(video, info, &mut warnings))?.track()?;
        track.source = TrackSource { video: file_name(video), program: Some(program()), ..TrackSource::default() };
        Ok(GeneratedMotion { track, warnings, sound: None })
    }
}
