//! `talkinghead generate`: the main job.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use talkinghead::{
    Cancellation, Device, FaceChoice, Framing, Generation, GenerationOptions, Limits, NeuralChoice, PerformanceChoice,
    RendererChoice, Report,
};

use super::device_flag::{DeviceFlag, PrecisionFlag};
use super::driving_flags::DrivingFlags;
use super::performance_flags::PerformanceFlags;
use super::{Shared, print_json, warn};
use crate::failure::Failure;
use crate::progress::Display;

/// Makes a video in which the person of the references speaks the recording.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  A portrait speaks a recording:
    talkinghead generate --reference portrait.png --audio speech.wav --output video.mp4

  Better teeth and lips: several pictures of the person, or a video of them speaking:
    talkinghead generate --reference clip.mp4 --audio speech.wav --output video.mp4

  Move the head as in another video, keep the performance for editing, look at the first frame early:
    talkinghead generate --reference portrait.png --audio speech.wav --output video.mp4 \\
      --head-motion gesture.mp4 --save-motion track.json --preview first.png

  Render an edited performance again:
    talkinghead generate --reference portrait.png --audio speech.wav --output video.mp4 --motion track.json")]
pub struct Generate {
    /// A picture, a video or a folder of frames of the person; several may be given. The first picture (or the first
    /// frame) is the one that moves.
    #[arg(long, short, required = true, num_args = 1.., value_name = "PATH")]
    reference: Vec<PathBuf>,

    /// The recording to speak: any sound file, or a video with sound.
    #[arg(long, short, value_name = "PATH", required_unless_present = "driving_landmarks")]
    audio: Option<PathBuf>,

    /// The video to write: .mp4, .mov or .webm. An existing file is replaced once the new one is complete.
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,

    /// Use only this many pictures of the references, spread over them; all when left out.
    #[arg(long, value_name = "N")]
    shots: Option<NonZeroUsize>,

    /// Which face, counted from 0 at the left, where a picture shows several; the largest and most central when left out.
    #[arg(long, value_name = "N")]
    face: Option<usize>,

    #[command(flatten)]
    performance: PerformanceFlags,

    /// Take the performance from this motion track (see `talkinghead motion`) instead of making one.
    #[arg(long, value_name = "TRACK.json", conflicts_with_all = ["head_motion", "blink", "seed"], help_heading = "Movement")]
    motion: Option<PathBuf>,

    /// Write the performance to this file.
    #[arg(long, value_name = "TRACK.json", help_heading = "Movement")]
    save_motion: Option<PathBuf>,

    /// How frames are made.
    #[arg(long, value_enum, default_value_t = RendererFlag::Projection, help_heading = "Rendering")]
    renderer: RendererFlag,

    /// Weights of the neural renderer.
    #[arg(long, value_name = "FILE", help_heading = "Rendering")]
    weights: Option<PathBuf>,

    /// Where the neural renderer runs.
    #[arg(long, value_enum, default_value_t = DeviceFlag::Cpu, help_heading = "Rendering")]
    device: DeviceFlag,

    /// In which numbers the neural renderer multiplies: `auto` is bf16 where the processor has matrix tiles (AMX), else f32.
    #[arg(long, value_enum, default_value_t = PrecisionFlag::Auto, help_heading = "Rendering")]
    precision: PrecisionFlag,

    #[command(flatten)]
    driving: DrivingFlags,

    /// Show only the square around the face instead of the reference's full frame.
    #[arg(long, help_heading = "Video")]
    crop: bool,

    /// Quality of the encoding, 0 (best, largest) to 51; 18 when left out (28 for webm).
    #[arg(long, value_name = "0-63", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(0..=63), help_heading = "Video")]
    crf: Option<u8>,

    /// Write the first frame to this PNG before the long run.
    #[arg(long, value_name = "PNG", help_heading = "Video")]
    preview: Option<PathBuf>,

    /// Longest recording or video that is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0, allow_negative_numbers = true, value_parser = seconds, help_heading = "Limits")]
    max_seconds: f64,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// `--renderer`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RendererFlag {
    /// Moves the photographed head in three dimensions; needs no weights.
    Projection,
    /// The neural generator; needs --weights.
    Neural,
}

impl Generate {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        if self.driving.are_given() {
            return self.drive(shared);
        }
        let options = self.options(shared)?;
        let display = Arc::new(Display::new(shared.quiet));
        let shown = Arc::clone(&display);
        let Some(audio) = self.audio else {
            return Err(Failure::new("no recording was given", "name it with --audio"));
        };
        let generation = Generation::new(self.reference, audio, self.output)
            .options(options)
            .on_progress(move |progress| shown.show(progress));
        let outcome = generation.run();
        display.clear();
        let report = outcome?;
        warn(&report.warnings);
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}", summary(&report));
        }
        Ok(())
    }

    /// Driving by a file set: always the neural renderer.
    fn drive(self, shared: Shared) -> Result<(), Failure> {
        let neural = self.neural_choice();
        let limits = Limits::default().with_max_seconds(self.max_seconds);
        let generation =
            self.driving.generation(&self.reference, self.audio.clone(), self.output.clone(), neural, self.crf, limits)?;
        let start = std::time::Instant::now();
        let display = Display::new(shared.quiet);
        let outcome = generation.run(&Cancellation::default(), &|progress| display.show(progress));
        display.clear();
        let frames = outcome?;
        let seconds = start.elapsed().as_secs_f64();
        if self.json {
            print_json(&serde_json::json!({ "output": self.output, "frames": frames, "elapsed_seconds": seconds }))?;
        } else if !shared.quiet {
            eprintln!("{}: {frames} frames in {seconds:.1} s", self.output.display());
        }
        Ok(())
    }

    fn neural_choice(&self) -> NeuralChoice {
        let (device, precision) = (self.device.into(), self.precision.into());
        NeuralChoice { weights: self.weights.clone(), device, precision }
    }

    fn options(&self, shared: Shared) -> Result<GenerationOptions, Failure> {
        let device = Device::from(self.device);
        let renderer = match self.renderer {
            RendererFlag::Projection if device != Device::Cpu => {
                return Err(Failure::new(
                    format!("the projection renderer cannot run on the device `{}`", device.name()),
                    "leave --device out, or add --renderer neural; `talkinghead doctor` lists the devices that work",
                ));
            }
            RendererFlag::Projection if self.weights.is_some() => {
                return Err(Failure::new(
                    "the projection renderer has no use for --weights",
                    "leave --weights out, or add --renderer neural",
                ));
            }
            RendererFlag::Projection => RendererChoice::Projection,
            RendererFlag::Neural => RendererChoice::Neural(self.neural_choice()),
        };
        let performance = match &self.motion {
            Some(path) => PerformanceChoice::Track {
                path: path.clone(),
                head_gain: self.performance.head_gain,
                expression_gain: self.performance.expression_gain,
            },
            None => PerformanceChoice::Generated(self.performance.options()),
        };
        Ok(GenerationOptions {
            shots: self.shots,
            face: self.face.map_or(FaceChoice::Main, FaceChoice::Index),
            renderer,
            performance,
            save_motion: self.save_motion.clone(),
            framing: if self.crop { Framing::FaceSquare } else { Framing::Full },
            crf: self.crf,
            preview: self.preview.clone(),
            limits: Limits::default().with_max_seconds(self.max_seconds),
            threads: shared.threads,
        })
    }
}

fn summary(report: &Report) -> String {
    let (width, height) = report.size;
    format!(
        "{}: {} frames of {width}x{height}, {:.1} s of video in {:.1} s ({:.1}x real time)",
        report.output.display(),
        report.frames,
        report.seconds,
        report.elapsed_seconds,
        report.real_time_factor
    )
}

/// A positive number of seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("give a number of seconds above 0".to_owned()),
    }
}
