//! `talkinghead generate`: the main job.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
#[cfg(not(feature = "neural"))]
use talkinghead::RendererChoice;
use talkinghead::{
    DamagedPictures, FaceChoice, Framing, Generation, GenerationOptions, Identities, Limits, PerformanceChoice, PersonOptions,
    ReferenceCache, Report, SizeLimit,
};
#[cfg(feature = "neural")]
use talkinghead::{Reenactment, ReenactmentOptions};

#[cfg(feature = "neural")]
use super::driving_flags::DrivingFlags;
#[cfg(feature = "neural")]
use super::neural_flags::NeuralFlags;
use super::performance_flags::PerformanceFlags;
use super::{Shared, note, print_json, warn};
use crate::allocator;
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

  Render an edited performance again; without --audio in silence:
    talkinghead generate --reference portrait.png --audio speech.wav --output video.mp4 --motion track.json")]
pub struct Generate {
    /// A picture, a video or a folder of frames of the person; several may be given. The first picture (or the first
    /// frame) is the one that moves.
    #[arg(long, short, num_args = 1.., value_name = "PATH")]
    #[cfg_attr(feature = "neural", arg(required_unless_present = "demo"))]
    #[cfg_attr(not(feature = "neural"), arg(required = true))]
    reference: Vec<PathBuf>,

    /// The recording to speak: any sound file, or a video with sound. May be left out with --motion: the video is silent then,
    /// and as long as the track.
    #[arg(long, short, value_name = "PATH")]
    #[cfg_attr(feature = "neural", arg(required_unless_present_any = ["motion", "driving_landmarks", "demo"]))]
    #[cfg_attr(not(feature = "neural"), arg(required_unless_present = "motion"))]
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

    /// Use references that show another person than the first as well; they are left out otherwise.
    #[arg(long)]
    mix_identities: bool,

    /// Look at the references anew and keep nothing of them. Otherwise what was found out about them is kept in the user's cache
    /// folder (TALKINGHEAD_CACHE names another, or is `off`), and the next video of the person starts at once.
    #[arg(long)]
    no_cache: bool,

    #[command(flatten)]
    performance: PerformanceFlags,

    /// Take the performance from this motion track (see `talkinghead motion`) instead of making one.
    #[arg(long, value_name = "TRACK.json", conflicts_with_all = ["head_motion", "blink", "emotion", "seed"], help_heading = "Movement")]
    motion: Option<PathBuf>,

    /// Write the performance to this file.
    #[arg(long, value_name = "TRACK.json", help_heading = "Movement")]
    save_motion: Option<PathBuf>,

    #[cfg(feature = "neural")]
    #[command(flatten)]
    neural: NeuralFlags,

    #[cfg(feature = "neural")]
    #[command(flatten)]
    driving: DrivingFlags,

    /// Show only the square around the face instead of the reference's full frame.
    #[arg(long, help_heading = "Video")]
    crop: bool,

    /// Keep the size of a picture or video beyond 1080 x 1920 (upright or lying), to which larger ones are made smaller.
    #[arg(long, help_heading = "Video")]
    full_size: bool,

    /// Quality of the encoding, 0 (best, largest) to 51; 18 when left out (28 for webm).
    #[arg(long, value_name = "0-63", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(0..=63), help_heading = "Video")]
    crf: Option<u8>,

    /// Write the first frame to this picture before the long run: .png, .jpg, .webp, .bmp or .tiff.
    #[arg(long, value_name = "PICTURE", help_heading = "Video")]
    preview: Option<PathBuf>,

    /// Longest recording or video that is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0, allow_negative_numbers = true, value_parser = seconds, help_heading = "Limits")]
    max_seconds: f64,

    /// Use pictures that are cut short or damaged as far as they go, instead of refusing them.
    #[arg(long, help_heading = "Limits")]
    allow_damaged: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

impl Generate {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        allocator::keep_together();
        #[cfg(feature = "neural")]
        {
            self.driving.check()?;
            if self.driving.are_given() {
                return self.drive(shared);
            }
        }
        let (person, options) = (self.person_options()?, self.options(shared));
        let display = Arc::new(Display::new(shared.quiet));
        let shown = Arc::clone(&display);
        let generation = match self.audio {
            Some(audio) => Generation::new(self.reference, audio, self.output),
            None => Generation::silent(self.reference, self.output),
        };
        let generation = generation.person_options(person).options(options).on_progress(move |progress| shown.show(progress));
        let outcome = generation.run();
        display.clear();
        let report = outcome?;
        warn(&report.warnings);
        if !self.json && !shared.quiet {
            note(&report.notes);
        }
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}", summary(&report));
        }
        Ok(())
    }

    /// Driving by a file set: always the neural renderer.
    #[cfg(feature = "neural")]
    fn drive(self, shared: Shared) -> Result<(), Failure> {
        let options = ReenactmentOptions {
            picture: self.driving.picture(),
            crf: self.crf,
            limits: self.limits(),
            shots: self.driving.shots(),
            frames: self.driving.frames(),
        };
        let inputs = self.driving.inputs(&self.reference, self.audio.clone())?;
        let start = std::time::Instant::now();
        let display = Arc::new(Display::new(shared.quiet));
        let shown = Arc::clone(&display);
        let outcome = Reenactment::new(inputs, self.neural.choice()?, &self.output)
            .options(options)
            .on_progress(move |progress| shown.show(progress))
            .run();
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

    fn person_options(&self) -> Result<PersonOptions, Failure> {
        #[cfg(feature = "neural")]
        let renderer = self.neural.renderer()?;
        #[cfg(not(feature = "neural"))]
        let renderer = RendererChoice::Projection;
        let face = self.face.map_or(FaceChoice::Main, FaceChoice::Index);
        let size = match (self.full_size, self.crop) {
            (true, _) => SizeLimit::None,
            (false, true) => SizeLimit::FaceSquare,
            (false, false) => SizeLimit::FullFrame,
        };
        let cache = if self.no_cache { ReferenceCache::Off } else { ReferenceCache::from_environment() };
        let identities = if self.mix_identities { Identities::Mixed } else { Identities::One };
        Ok(PersonOptions { shots: self.shots, face, renderer, size, identities, limits: self.limits(), cache })
    }

    fn limits(&self) -> Limits {
        limits(self.max_seconds, self.allow_damaged)
    }

    fn options(&self, shared: Shared) -> GenerationOptions {
        let performance = match &self.motion {
            Some(path) => PerformanceChoice::Track {
                path: path.clone(),
                head_gain: self.performance.head_gain,
                expression_gain: self.performance.expression_gain,
            },
            None => PerformanceChoice::Generated(self.performance.options()),
        };
        GenerationOptions {
            performance,
            save_motion: self.save_motion.clone(),
            framing: if self.crop { Framing::FaceSquare } else { Framing::Full },
            crf: self.crf,
            preview: self.preview.clone(),
            limits: self.limits(),
            threads: shared.threads,
        }
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

/// Bounds of what is read, by the flags about them.
pub(super) fn limits(max_seconds: f64, allow_damaged: bool) -> Limits {
    let damaged_pictures = if allow_damaged { DamagedPictures::Used } else { DamagedPictures::Refused };
    Limits { max_seconds, damaged_pictures, ..Limits::default() }
}

/// A positive number of seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("give a number of seconds above 0".to_owned()),
    }
}
