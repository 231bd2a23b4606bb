//! `talkinghead motion`: performances as files.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use talkinghead::{FaceChoice, GeneratedMotion, HeadMotionChoice, Identities, MotionGeneration, Stage};
use talkinghead_media::OutputClaim;

use super::generate::{limits, seconds};
use super::performance_flags::PerformanceFlags;
use super::{Shared, print_json, warn};
use crate::failure::Failure;
use crate::progress::Display;

/// Writes a motion track: everything that moves, frame by frame, as JSON that a person can edit.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  The performance that `generate` would make of a recording:
    talkinghead motion --audio speech.wav --output track.json

  The same for a person whose own video tells how wide they open the mouth:
    talkinghead motion --audio speech.wav --reference clip.mp4 --output track.json

  The performance of a person in a video:
    talkinghead motion --video clip.mp4 --output track.json

Then render it (edited or not) with `talkinghead generate --motion track.json`.

The file has one line a frame, 25 frames a second. yaw, pitch, roll: degrees (turned to the picture's left, looking down,
tilted clockwise). translation, opening, width, brow: in eye distances. blink: 0 open to 1 shut, left and right eye of the
picture. gaze: eye widths. Entries that are left out are at rest.")]
#[command(group = clap::ArgGroup::new("source").required(true).args(["audio", "video"]))]
pub struct Motion {
    /// The recording to perform.
    #[arg(long, short, value_name = "PATH")]
    audio: Option<PathBuf>,

    /// The video whose face is measured.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["head_motion", "head_gain", "expression_gain", "blink", "seed"])]
    video: Option<PathBuf>,

    /// The track to write.
    #[arg(long, short, value_name = "TRACK.json")]
    output: PathBuf,

    /// The person who will speak, as for `generate`: a video in which they speak tells how wide they open the mouth.
    #[arg(long, short, num_args = 1.., value_name = "PATH", conflicts_with = "video")]
    reference: Vec<PathBuf>,

    /// Which face of a video, counted from 0 at the left; the largest and most central when left out.
    #[arg(long, value_name = "N")]
    face: Option<usize>,

    /// Use references that show another person than the first as well; they are left out otherwise.
    #[arg(long, conflicts_with = "video")]
    mix_identities: bool,

    #[command(flatten)]
    performance: PerformanceFlags,

    /// Longest recording or video that is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0, value_parser = seconds)]
    max_seconds: f64,

    /// Use pictures that are cut short or damaged as far as they go, instead of refusing them.
    #[arg(long)]
    allow_damaged: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    frames: usize,
    seconds: f64,
    warnings: Vec<String>,
}

impl Motion {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let options = self.performance.options();
        let head_video = match &options.head_motion {
            HeadMotionChoice::Video(path) => Some(path),
            _ => None,
        };
        let inputs = [self.audio.as_ref(), self.video.as_ref(), head_video].into_iter().flatten().chain(&self.reference);
        let _claim = OutputClaim::new(&self.output, inputs.map(PathBuf::as_path))?;
        let display = Arc::new(Display::new(shared.quiet));
        let shown = Arc::clone(&display);
        let generation = match (self.audio, self.video) {
            (_, Some(video)) => MotionGeneration::from_video(video),
            (Some(audio), None) => MotionGeneration::from_audio(audio).references(self.reference).options(options),
            (None, None) => return Err(Failure::new("nothing to perform", "give --audio or --video")),
        };
        let outcome = generation
            .face(self.face.map_or(FaceChoice::Main, FaceChoice::Index))
            .identities(if self.mix_identities { Identities::Mixed } else { Identities::One })
            .limits(limits(self.max_seconds, self.allow_damaged))
            .on_progress(move |progress| shown.show(progress))
            .run();
        display.clear();
        let GeneratedMotion { track, warnings } = outcome?;
        track.write(&self.output)?;
        warn(&warnings);
        let report = Report { output: self.output, frames: track.len(), seconds: track.seconds(), warnings };
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}: {} frames, {:.1} s ({})", report.output.display(), report.frames, report.seconds, Stage::Motion.key());
        }
        Ok(())
    }
}
