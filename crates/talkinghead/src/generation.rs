//! The main job: a person and a recording in, a video out.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::RgbImage;
use talkinghead_media::{
    Bound, Container, FRAME_RATE, MediaError, MediaInfo, OutputClaim, PictureOutput, PlanarFrame, VideoOptions, VideoWriter,
    probe, write_picture,
};
use talkinghead_motion::{LipFeatures, MotionError, MotionTrack};
use talkinghead_render::{FrameOrder, PreparedPerformance};

use crate::framing::{Shown, Window};
use crate::job::{Job, job_settings};
use crate::ordered::in_order;
use crate::performer::Performer;
use crate::person::{FoundReferences, check_inputs, check_renderer, find_references, prepare};
use crate::speech_analysis::{LipHearing, SpeechAnalysis};
use crate::{
    GenerationError, GenerationOptions, PerformanceChoice, Person, PersonOptions, RendererChoice, Report, Stage, memory,
};

/// The main job as one value: who speaks, what is said, where the video goes, and every choice. Without a recording a motion track
/// moves the person in silence ([`Generation::silent`]).
///
/// ```no_run
/// use talkinghead::Generation;
///
/// let report = Generation::new(["portrait.png"], "speech.wav", "out.mp4").run()?;
/// println!("{} frames, {:.1}x real time", report.frames, report.real_time_factor);
/// # Ok::<(), talkinghead::GenerationError>(())
/// ```
#[derive(Clone)]
pub struct Generation {
    speaker: Speaker,
    /// None for a silent video.
    audio: Option<PathBuf>,
    output: PathBuf,
    options: GenerationOptions,
    job: Job,
}

/// Who speaks.
#[derive(Clone)]
enum Speaker {
    References(Vec<PathBuf>, PersonOptions),
    Prepared(Person),
}

/// What was found by looking at the inputs without decoding them.
struct Inputs {
    /// `None` where the person is prepared already.
    references: Option<FoundReferences>,
    audio: Option<MediaInfo>,
    /// Nobody else writes the outputs until this is dropped.
    _claims: Vec<OutputClaim>,
}

impl Generation {
    /// A generation with the default options. `references`: pictures, videos or folders of frames of one person; `audio`:
    /// anything with sound; `output`: .mp4, .mov or .webm.
    pub fn new<P: Into<PathBuf>>(
        references: impl IntoIterator<Item = P>,
        audio: impl Into<PathBuf>,
        output: impl Into<PathBuf>,
    ) -> Self {
        let references = references.into_iter().map(Into::into).collect();
        Self::by(Speaker::References(references, PersonOptions::default()), Some(audio.into()), output.into())
    }

    /// A silent video, as long as the motion track that its options must name ([`PerformanceChoice::Track`]).
    pub fn silent<P: Into<PathBuf>>(references: impl IntoIterator<Item = P>, output: impl Into<PathBuf>) -> Self {
        let references = references.into_iter().map(Into::into).collect();
        Self::by(Speaker::References(references, PersonOptions::default()), None, output.into())
    }

    /// A generation with a person who is prepared already: nothing about the person is done again.
    pub fn of(person: &Person, audio: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self::by(Speaker::Prepared(person.clone()), Some(audio.into()), output.into())
    }

    /// A silent video with a person who is prepared already; see [`Generation::silent`].
    pub fn silent_of(person: &Person, output: impl Into<PathBuf>) -> Self {
        Self::by(Speaker::Prepared(person.clone()), None, output.into())
    }

    fn by(speaker: Speaker, audio: Option<PathBuf>, output: PathBuf) -> Self {
        Self { speaker, audio, output, options: GenerationOptions::default(), job: Job::default() }
    }

    /// Sets all options about the video.
    pub fn options(mut self, options: GenerationOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets all options about the person; without effect on [`Generation::of`], whose person is prepared.
    pub fn person_options(mut self, options: PersonOptions) -> Self {
        if let Speaker::References(_, set) = &mut self.speaker {
            *set = options;
        }
        self
    }

    job_settings!();

    /// Checks everything that can be checked in an instant; [`Generation::run`] does it first.
    ///
    /// # Errors
    /// An input is missing or of the wrong kind, an output cannot be written, is an input or is being written by another run,
    /// options do not fit.
    pub fn check(&self) -> Result<(), GenerationError> {
        self.inspect().map(|_| ())
    }

    fn inspect(&self) -> Result<Inputs, GenerationError> {
        let (references, renderer) = match &self.speaker {
            Speaker::References(references, options) => (references.as_slice(), Some(&options.renderer)),
            Speaker::Prepared(person) => (person.references(), None),
        };
        if references.is_empty() {
            return Err(GenerationError::option("no reference was given", "give at least one picture or video of the person"));
        }
        Container::from_path(&self.output)?;
        self.options.preview.as_deref().map_or(Ok(()), |path| PictureOutput::from_path(path).map(drop))?;
        if self.audio.is_none() && !matches!(self.options.performance, PerformanceChoice::Track { .. }) {
            let message = "neither a recording nor a motion track was given";
            return Err(GenerationError::option(message, "give the recording to speak, or a motion track for a silent video"));
        }
        let mut inputs: Vec<&Path> = self.audio.iter().map(PathBuf::as_path).collect();
        inputs.extend(self.options.performance.path());
        inputs.extend(renderer.into_iter().flat_map(RendererChoice::paths));
        // A prepared person's pictures may be gone, but must not be written over.
        if let Speaker::References(..) = self.speaker {
            check_inputs(references.iter().map(PathBuf::as_path))?;
        }
        check_inputs(inputs.iter().copied())?;
        inputs.extend(references.iter().map(PathBuf::as_path));
        let claims = self.claim_outputs(&inputs)?;
        let audio = self.audio.as_deref().map(|path| probe(path, &self.options.limits)).transpose()?;
        if let (Some(path), Some(MediaInfo { audio: None, .. })) = (&self.audio, &audio) {
            return Err(MediaError::NoAudio { path: path.clone() }.into());
        }
        let references = match &self.speaker {
            Speaker::References(references, options) => Some(find_references(references, options)?),
            Speaker::Prepared(_) => None,
        };
        if let PerformanceChoice::Track { path, .. } = &self.options.performance {
            let track = MotionTrack::read(path)?;
            if audio.is_none() {
                check_seconds(path, track.seconds(), self.options.limits.max_seconds)?;
            }
        }
        renderer.map_or(Ok(()), check_renderer)?;
        Ok(Inputs { references, audio, _claims: claims })
    }

    fn claim_outputs(&self, inputs: &[&Path]) -> Result<Vec<OutputClaim>, GenerationError> {
        let extra = [self.options.preview.as_deref(), self.options.save_motion.as_deref()].into_iter().flatten();
        let (mut outputs, mut claims): (Vec<&Path>, _) = (Vec::new(), Vec::new());
        for output in std::iter::once(self.output.as_path()).chain(extra) {
            if outputs.contains(&output) {
                let message = format!("{} is named as an output twice", output.display());
                return Err(GenerationError::option(message, "give each output a name of its own"));
            }
            claims.push(OutputClaim::new(output, inputs.iter().copied())?);
            outputs.push(output);
        }
        Ok(claims)
    }

    /// Does the job. The output appears whole, at the very end, or not at all.
    ///
    /// # Errors
    /// Any of [`GenerationError`]; nothing is left behind then, and an existing output is untouched.
    pub fn run(&self) -> Result<Report, GenerationError> {
        let start = Instant::now();
        let job = &self.job.begin()?;
        let Inputs { references, audio, _claims } = self.inspect()?;
        let sound = self.audio.clone().zip(audio);
        // The recording and the pictures know nothing of each other: look at both at once.
        let (person, speech) = std::thread::scope(|scope| {
            let speech = scope.spawn(|| self.listen(sound.clone(), job).inspect_err(|_| job.stop()));
            let person = match (&self.speaker, references) {
                (Speaker::References(paths, options), Some(found)) => {
                    prepare(paths, found, options, job).inspect_err(|_| job.stop())
                }
                (Speaker::References(..), None) => Err(GenerationError::Cancelled),
                (Speaker::Prepared(person), _) => Ok(person.clone()),
            };
            (person, speech.join())
        });
        let speech = speech.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let (person, speech) = both(person, speech)?;
        let mut warnings = match &self.speaker {
            Speaker::References(..) => person.warnings().to_vec(),
            Speaker::Prepared(_) => Vec::new(),
        };
        let notes = match &self.speaker {
            Speaker::References(..) => person.notes().to_vec(),
            Speaker::Prepared(_) => Vec::new(),
        };
        warnings.extend(speech.iter().flat_map(|speech| speech.warnings.iter().cloned()));
        let track = self.track(speech.as_ref(), &person, job, &mut warnings)?;
        if let Some(path) = &self.options.save_motion {
            track.write(path)?;
        }
        let window = Window::of(self.options.framing, person.renderer().size(), person.landmarks());
        job.check()?;
        let mut motions = track.frames.iter().map(|frame| frame.to_face_motion());
        let performance = job.measure(Stage::Preparation, || person.renderer().prepare(&mut motions))?;
        let shown = Shown { window, turn: person.turn().back() };
        let child_peak = self.render(&*performance, &track, shown, sound, job)?;
        let elapsed_seconds = start.elapsed().as_secs_f64();
        let (stage_core_seconds, core_seconds) = job.costs().core_seconds().unzip();
        let stage_core_seconds = stage_core_seconds.unwrap_or_default();
        Ok(Report {
            output: self.output.clone(),
            frames: track.len(),
            seconds: track.seconds(),
            size: shown.written_size(),
            stage_seconds: job.costs().seconds(),
            stage_core_seconds,
            core_seconds,
            elapsed_seconds,
            real_time_factor: track.seconds() / elapsed_seconds.max(1e-9),
            peak_memory_bytes: memory::peak_memory_bytes(),
            child_peak_memory_bytes: child_peak,
            warnings,
            notes,
        })
    }

    /// What is said, if anything is.
    fn listen(&self, sound: Option<(PathBuf, MediaInfo)>, job: &Job) -> Result<Option<SpeechAnalysis>, GenerationError> {
        let lips = match &self.options.performance {
            PerformanceChoice::Generated(options) => LipHearing::of(options),
            // The track has lips of its own.
            PerformanceChoice::Track { .. } => LipHearing::Whole(LipFeatures::Phones),
        };
        let listen = |(path, info): (PathBuf, _)| SpeechAnalysis::of(&path, info, &self.options.limits, lips, job);
        sound.map(listen).transpose()
    }

    /// The performance, as long as the recording, or as long as it is where there is none.
    fn track(
        &self,
        speech: Option<&SpeechAnalysis>,
        person: &Person,
        job: &Job,
        warnings: &mut Vec<String>,
    ) -> Result<MotionTrack, GenerationError> {
        match &self.options.performance {
            PerformanceChoice::Track { path, head_gain, expression_gain } => {
                let mut track = job.measure(Stage::Motion, || MotionTrack::read(path))?;
                track.scale_head(*head_gain)?;
                track.scale_expression(*expression_gain)?;
                if let Some(speech) = speech {
                    fit_length(&mut track, speech.rhythm.len(), path, warnings);
                }
                Ok(track)
            }
            PerformanceChoice::Generated(options) => {
                let (Some(audio), Some(speech)) = (self.audio.as_deref(), speech) else {
                    return Err(MotionError::Empty.into());
                };
                let limits = &self.options.limits;
                let (habits, face, networks) = (person.habits(), person.face(), person.networks());
                Performer { audio, options, habits, face, networks, limits, job }.perform(speech, warnings)
            }
        }
    }

    /// Makes all frames in parallel and writes them in order. Gives the encoder's peak memory.
    fn render(
        &self,
        performance: &dyn PreparedPerformance,
        track: &MotionTrack,
        shown: Shown,
        sound: Option<(PathBuf, MediaInfo)>,
        job: &Job,
    ) -> Result<Option<u64>, GenerationError> {
        let frame = |index: usize| -> Result<RgbImage, GenerationError> {
            job.check()?;
            Ok(shown.of(performance.render(&track.frames[index].to_face_motion(), index)?))
        };
        if let Some(path) = &self.options.preview {
            write_picture(path, &frame(0)?)?;
        }
        let (width, height) = shown.size();
        let (audio, info) = sound.unzip();
        let video = VideoOptions { width, height, crf: self.options.crf, audio };
        let mut writer = match info {
            Some(info) => VideoWriter::create_with_sound(&self.output, &video, track.len() as u64, &info)?,
            None => VideoWriter::create(&self.output, &video)?,
        };
        let mut child_peak = None;
        let total = Some(track.len());
        job.measure(Stage::Rendering, || {
            job.tell(Stage::Rendering, 0, total);
            let planar =
                |index| job.measure_core(Stage::Rendering, || frame(index).map(|picture| PlanarFrame::from_rgb(&picture)));
            let threads = match performance.order() {
                FrameOrder::Any => self.threads(),
                FrameOrder::Rising => NonZeroUsize::MIN,
            };
            in_order(track.len(), threads, planar, |index, frame| {
                writer.write_planar(frame)?;
                if index % (2 * FRAME_RATE as usize) == 0 || index + 1 == track.len() {
                    child_peak = child_peak.max(memory::child_peak_memory_bytes());
                }
                job.tell(Stage::Rendering, index + 1, total);
                Ok(())
            })
        })?;
        job.measure(Stage::Encoding, || {
            job.tell(Stage::Encoding, 0, None);
            writer.finish()
        })?;
        Ok(child_peak)
    }

    fn threads(&self) -> NonZeroUsize {
        self.options.threads.or_else(|| NonZeroUsize::new(rayon::current_num_threads())).unwrap_or(NonZeroUsize::MIN)
    }
}

/// Both results. Where one failure stopped the other side, the failure is told and not the stop.
fn both<A, B>(a: Result<A, GenerationError>, b: Result<B, GenerationError>) -> Result<(A, B), GenerationError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(GenerationError::Cancelled), Err(error)) | (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// A track alone is as long as the longest recording may be.
fn check_seconds(path: &Path, seconds: f64, most: f64) -> Result<(), MediaError> {
    if seconds <= most {
        return Ok(());
    }
    let (found, limit) = (format!("{seconds:.1} s"), format!("{most} s"));
    Err(MediaError::OverLimit { path: path.to_owned(), bound: Bound::Seconds, found, limit })
}

/// A track from a file may be longer or shorter than the recording.
fn fit_length(track: &mut MotionTrack, count: usize, path: &Path, warnings: &mut Vec<String>) {
    let found = track.len();
    if found == count {
        return;
    }
    let what = if found > count { "what is left over is not used" } else { "its last frame is held" };
    warnings.push(format!("{} has {found} frames where the recording has {count}: {what}", path.display()));
    if let Some(&last) = track.frames.last() {
        track.frames.resize(count, last);
    }
}
