//! The main job: references and a recording in, a video out.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use image::RgbImage;
use talkinghead_face::FaceNetworks;
use talkinghead_media::{
    Container, FRAME_RATE, MediaError, MediaKind, VideoOptions, VideoWriter, check_output, probe, write_png,
};
use talkinghead_motion::{HeadMotion, MotionTrack, Performance};
use talkinghead_render::Renderer;

use crate::framing::Window;
use crate::hearing::Heard;
#[cfg(feature = "neural")]
use crate::neural::OpenGenerator;
use crate::ordered::in_order;
use crate::progress::OnProgress;
use crate::report::StageTimes;
use crate::subject::{Looking, Subject, measure_video};
use crate::{
    Cancellation, GenerationError, GenerationOptions, HeadMotionChoice, PerformanceChoice, PerformanceOptions, Progress,
    RendererChoice, Report, Stage, memory,
};

/// The main job as one value: who speaks, what is said, where the video goes, and every choice.
///
/// ```no_run
/// use talkinghead::{Generation, GenerationOptions};
///
/// let report = Generation::new(["portrait.png"], "speech.wav", "out.mp4").run()?;
/// println!("{} frames, {:.1}x real time", report.frames, report.real_time_factor);
/// # Ok::<(), talkinghead::GenerationError>(())
/// ```
#[derive(Clone)]
pub struct Generation {
    references: Vec<PathBuf>,
    audio: PathBuf,
    output: PathBuf,
    options: GenerationOptions,
    on_progress: OnProgress,
    cancellation: Cancellation,
}

impl Generation {
    /// A generation with the default options. `references`: pictures, videos or folders of frames of one person; `audio`:
    /// anything with sound; `output`: .mp4, .mov or .webm.
    pub fn new<P: Into<PathBuf>>(
        references: impl IntoIterator<Item = P>,
        audio: impl Into<PathBuf>,
        output: impl Into<PathBuf>,
    ) -> Self {
        Self {
            references: references.into_iter().map(Into::into).collect(),
            audio: audio.into(),
            output: output.into(),
            options: GenerationOptions::default(),
            on_progress: Arc::new(|_| {}),
            cancellation: Cancellation::default(),
        }
    }

    /// Sets all options.
    pub fn options(mut self, options: GenerationOptions) -> Self {
        self.options = options;
        self
    }

    /// Is told how far it has come.
    pub fn on_progress(mut self, callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Arc::new(callback);
        self
    }

    /// Can be stopped through `cancellation`.
    pub fn cancelled_by(mut self, cancellation: &Cancellation) -> Self {
        self.cancellation = cancellation.clone();
        self
    }

    /// Checks everything that can be checked in an instant; [`Generation::run`] does it first.
    ///
    /// # Errors
    /// An input is missing or of the wrong kind, an output cannot be written or is an input, options do not fit.
    pub fn check(&self) -> Result<(), GenerationError> {
        let options = &self.options;
        if self.references.is_empty() {
            return Err(GenerationError::option("no reference was given", "give at least one picture or video of the person"));
        }
        Container::from_path(&self.output)?;
        let mut inputs: Vec<&Path> = self.references.iter().map(PathBuf::as_path).collect();
        inputs.push(&self.audio);
        match &options.performance {
            PerformanceChoice::Track { path, .. } => inputs.push(path),
            PerformanceChoice::Generated(PerformanceOptions { head_motion: HeadMotionChoice::Video(path), .. }) => {
                inputs.push(path)
            }
            PerformanceChoice::Generated(_) => {}
        }
        #[cfg(feature = "neural")]
        if let RendererChoice::Neural(neural) = &options.renderer {
            inputs.push(&neural.weights);
        }
        let extra = [options.preview.as_deref(), options.save_motion.as_deref()].into_iter().flatten();
        let mut outputs: Vec<&Path> = Vec::new();
        for output in std::iter::once(self.output.as_path()).chain(extra) {
            if outputs.contains(&output) {
                let message = format!("{} is named as an output twice", output.display());
                return Err(GenerationError::option(message, "give each output a name of its own"));
            }
            outputs.push(output);
        }
        for input in &inputs {
            if !input.exists() {
                return Err(MediaError::NotFound { path: input.to_path_buf() }.into());
            }
        }
        for output in outputs {
            check_output(output, inputs.iter().copied())?;
        }
        let sound = probe(&self.audio, &options.limits)?;
        if sound.audio.is_none() {
            return Err(MediaError::NoAudio { path: self.audio.clone() }.into());
        }
        for reference in &self.references {
            if probe(reference, &options.limits)?.kind == MediaKind::Audio {
                return Err(MediaError::NoVideo { path: reference.clone() }.into());
            }
        }
        if let PerformanceChoice::Track { path, .. } = &options.performance {
            MotionTrack::read(path)?;
        }
        self.check_renderer()
    }

    fn check_renderer(&self) -> Result<(), GenerationError> {
        match &self.options.renderer {
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

    /// Does the job. The output appears whole, at the very end, or not at all.
    ///
    /// # Errors
    /// Any of [`GenerationError`]; nothing is left behind then, and an existing output is untouched.
    pub fn run(&self) -> Result<Report, GenerationError> {
        let start = Instant::now();
        self.check()?;
        let times = StageTimes::default();
        // Weights that do not fit are told before minutes of other work.
        let generator = times.measure(Stage::Preparation, || self.generator())?;
        let networks = FaceNetworks::load();
        // The recording and the pictures know nothing of each other: look at both at once.
        let (subject, heard) = std::thread::scope(|scope| {
            let heard = scope.spawn(|| self.listen(&times));
            let subject = self.look(&networks, &times);
            if subject.is_err() {
                // Spares the wait for a recording nobody needs any more.
                self.cancellation.cancel();
            }
            (subject, heard.join())
        });
        let subject = subject?;
        let heard = heard.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let mut warnings = subject.warnings.clone();
        let track = self.track(heard, subject.amplitude(), &networks, &times, &mut warnings)?;
        if let Some(path) = &self.options.save_motion {
            track.write(path)?;
        }
        let window = Window::of(self.options.framing, subject.picture.dimensions(), &subject.face.landmarks);
        let renderer = times.measure(Stage::Preparation, || self.prepare(subject, generator, &networks, &track))?;
        let child_peak = self.render(&*renderer, &track, window, &times)?;
        let elapsed_seconds = start.elapsed().as_secs_f64();
        Ok(Report {
            output: self.output.clone(),
            frames: track.len(),
            seconds: track.seconds(),
            size: (window.width, window.height),
            stage_seconds: times.seconds(),
            elapsed_seconds,
            real_time_factor: track.seconds() / elapsed_seconds.max(1e-9),
            peak_memory_bytes: memory::peak_memory_bytes(),
            child_peak_memory_bytes: child_peak,
            warnings,
        })
    }

    /// The network in the weights file, if there is one.
    fn generator(&self) -> Result<Option<OpenGenerator>, GenerationError> {
        match &self.options.renderer {
            RendererChoice::Projection => Ok(None),
            RendererChoice::Neural(choice) => OpenGenerator::open(choice).map(Some),
        }
    }

    fn look(&self, networks: &FaceNetworks, times: &StageTimes) -> Result<Subject, GenerationError> {
        times.measure(Stage::Reference, || {
            self.tell(Stage::Reference, 0, None);
            let tell = |done, total| self.tell(Stage::Reference, done, total);
            let looking = Looking { options: &self.options, networks, cancellation: &self.cancellation, on_frame: &tell };
            looking.subject(&self.references)
        })
    }

    fn listen(&self, times: &StageTimes) -> Result<Heard, GenerationError> {
        times.measure(Stage::Speech, || {
            let tell = |done, total| self.tell(Stage::Speech, done, Some(total));
            Heard::listen(&self.audio, &self.options.limits, &self.cancellation, tell)
        })
    }

    /// The performance, as long as the recording. `amplitude`: how wide this person opens the mouth.
    fn track(
        &self,
        heard: Heard,
        amplitude: f32,
        networks: &FaceNetworks,
        times: &StageTimes,
        warnings: &mut Vec<String>,
    ) -> Result<MotionTrack, GenerationError> {
        let count = heard.rhythm.len();
        if heard.silent {
            warnings.push(format!("{} is silent: the lips rest", self.audio.display()));
        }
        match &self.options.performance {
            PerformanceChoice::Track { path, head_gain, expression_gain } => {
                let mut track = times.measure(Stage::Motion, || MotionTrack::read(path))?;
                track.scale_head(*head_gain)?;
                track.scale_expression(*expression_gain)?;
                fit_length(&mut track, count, path, warnings);
                Ok(track)
            }
            PerformanceChoice::Generated(options) => {
                let head_motion = self.head_motion(&options.head_motion, networks, times, warnings)?;
                times.measure(Stage::Motion, || {
                    let performance = Performance {
                        head_motion,
                        blinking: options.blinking,
                        head_gain: options.head_gain,
                        expression_gain: (amplitude * options.expression_gain).min(10.0),
                        seed: options.seed,
                    };
                    let mut track = performance.perform(&heard.expressions, &heard.rhythm)?;
                    track.source.audio = self.audio.file_name().map(|name| name.to_string_lossy().into_owned());
                    track.source.program = Some(format!("talkinghead {}", env!("CARGO_PKG_VERSION")));
                    Ok(track)
                })
            }
        }
    }

    fn head_motion(
        &self,
        choice: &HeadMotionChoice,
        networks: &FaceNetworks,
        times: &StageTimes,
        warnings: &mut Vec<String>,
    ) -> Result<HeadMotion, GenerationError> {
        Ok(match choice {
            HeadMotionChoice::Audio => HeadMotion::Audio,
            HeadMotionChoice::Still => HeadMotion::Still,
            HeadMotionChoice::Video(path) => times.measure(Stage::HeadMotion, || {
                let tell = |done, total| self.tell(Stage::HeadMotion, done, total);
                let (face, found) = measure_video(path, self.options.face, &self.options.limits, networks, tell)?;
                warnings.extend(found);
                Ok::<_, GenerationError>(HeadMotion::Measured(face.head()))
            })?,
        })
    }

    fn prepare(
        &self,
        subject: Subject,
        generator: Option<OpenGenerator>,
        networks: &FaceNetworks,
        track: &MotionTrack,
    ) -> Result<Box<dyn Renderer>, GenerationError> {
        self.cancellation.check()?;
        self.tell(Stage::Preparation, 0, None);
        Ok(match generator {
            None => Box::new(subject.projection(networks)?),
            Some(generator) => Box::new(generator.renderer(subject, networks)?),
        })
    }

    /// Makes all frames in parallel and writes them in order. Gives the encoder's peak memory.
    fn render(
        &self,
        renderer: &dyn Renderer,
        track: &MotionTrack,
        window: Window,
        times: &StageTimes,
    ) -> Result<Option<u64>, GenerationError> {
        let frame = |index: usize| -> Result<RgbImage, GenerationError> {
            self.cancellation.check()?;
            Ok(window.cut(renderer.render(&track.frames[index].to_face_motion(), index)?))
        };
        if let Some(path) = &self.options.preview {
            write_png(path, &frame(0)?)?;
        }
        let video =
            VideoOptions { width: window.width, height: window.height, crf: self.options.crf, audio: Some(self.audio.clone()) };
        let mut writer = VideoWriter::create(&self.output, &video)?;
        let mut child_peak = None;
        let total = Some(track.len());
        times.measure(Stage::Rendering, || {
            self.tell(Stage::Rendering, 0, total);
            in_order(track.len(), self.threads(), frame, |index, frame| {
                writer.write_owned(frame)?;
                if index % (2 * FRAME_RATE as usize) == 0 || index + 1 == track.len() {
                    child_peak = child_peak.max(memory::child_peak_memory_bytes());
                }
                self.tell(Stage::Rendering, index + 1, total);
                Ok(())
            })
        })?;
        times.measure(Stage::Encoding, || {
            self.tell(Stage::Encoding, 0, None);
            writer.finish()
        })?;
        Ok(child_peak)
    }

    fn threads(&self) -> NonZeroUsize {
        self.options.threads.or_else(|| NonZeroUsize::new(rayon::current_num_threads())).unwrap_or(NonZeroUsize::MIN)
    }

    fn tell(&self, stage: Stage, done: usize, total: Option<usize>) {
        (self.on_progress)(Progress { stage, done, total });
    }
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
