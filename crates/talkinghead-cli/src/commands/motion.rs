//! `talkinghead motion`: performances as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use talkinghead::{
    FaceChoice, GeneratedMotion, HeadMotionChoice, Identities, Listening, MendedTrack, MotionGeneration, MotionTrack, Part, Plot,
    PlottedSound, Selection, Stage, TrackFormat,
};
use talkinghead_media::{OutputClaim, write_file};

use super::generate::{limits, seconds};
use super::performance_flags::PerformanceFlags;
#[cfg(feature = "training")]
use super::published_head_flags::PublishedHeadFlags;
use super::track_edit_flags::TrackEditFlags;
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

  Lips of the recording, head and gaze of a video; a look at it:
    talkinghead motion --audio speech.wav --from clip.mp4 --take pose,gaze --output track.json --plot track.svg

  A calmer head that nods on stresses:
    talkinghead motion --motion track.json --audio speech.wav --stillness 0.4 --nod-on-stress 2 --output calm.json

  For other tools, and from them (ARKit blendshapes):
    talkinghead motion --motion track.json --output track.glb
    talkinghead motion --motion take.csv --output track.json

Then render it (edited or not) with `talkinghead generate --motion track.json`.

The file has one line a frame, 25 frames a second. yaw, pitch, roll: degrees (turned to the picture's left, looking down,
tilted clockwise). translation, opening, width, brow: in eye distances. blink: 0 open to 1 shut, left and right eye of the
picture. gaze: eye widths. Entries that are left out are at rest. A list \"keyframes\": [{\"time\": 2.4, \"yaw\": 10}] in the file is met
exactly at its times and left smoothly.")]
#[command(group = clap::ArgGroup::new("source").required(true).multiple(true).args(["audio", "video", "motion"]))]
pub struct Motion {
    /// The recording to perform; with --motion, the one whose stresses and sound are used.
    #[arg(long, short, value_name = "PATH")]
    audio: Option<PathBuf>,

    /// The video whose face is measured.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["audio", "motion", "head_motion", "head_gain", "expression_gain", "blink", "lip_features", "look_ahead", "seed"])]
    video: Option<PathBuf>,

    /// A track to work on, or a .csv of ARKit blendshapes (Live Link Face).
    #[arg(long, value_name = "TRACK", conflicts_with_all = ["reference", "head_motion", "head_gain", "expression_gain", "blink", "lip_features", "look_ahead", "seed"])]
    motion: Option<PathBuf>,

    /// Mend a track of --motion that would be refused: numbers that are none, gaps, other frame rates; says what was done.
    #[arg(long, requires = "motion", conflicts_with = "video")]
    repair: bool,

    /// The file to write: .json; .csv (ARKit blendshapes), .bvh (the head), .glb or .gltf (the moving mesh).
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,

    /// Take parts of the performance (--take) from this video or track.
    #[arg(long, value_name = "VIDEO|TRACK", requires = "take")]
    from: Option<PathBuf>,

    /// What is taken: any of pose, expression, blink, gaze, brow.
    #[arg(long, value_name = "PART,...", value_delimiter = ',', requires = "from", value_parser = part)]
    take: Vec<Part>,

    /// Draw the curves, over the sound where it is known: .svg, or .html with the numbers under the cursor.
    #[arg(long, value_name = "SVG|HTML")]
    plot: Option<PathBuf>,

    /// The person who will speak, as for `generate`: a video in which they speak tells how wide they open the mouth.
    #[arg(long, short, num_args = 1.., value_name = "PATH", conflicts_with = "video")]
    reference: Vec<PathBuf>,

    /// Which face of a video, counted from 0 at the left; the largest and most central when left out.
    #[arg(long, value_name = "N")]
    face: Option<usize>,

    /// Use references that show another person than the first as well; they are left out otherwise.
    #[arg(long, conflicts_with = "video")]
    mix_identities: bool,

    #[cfg(feature = "training")]
    #[command(flatten)]
    published: PublishedHeadFlags,

    #[command(flatten)]
    performance: PerformanceFlags,

    #[command(flatten)]
    edits: TrackEditFlags,

    /// Longest recording or video that is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0, value_parser = seconds, help_heading = "Limits")]
    max_seconds: f64,

    /// Use pictures that are cut short or damaged as far as they go, instead of refusing them.
    #[arg(long, help_heading = "Limits")]
    allow_damaged: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    plot: Option<PathBuf>,
    frames: usize,
    seconds: f64,
    warnings: Vec<String>,
}

impl Motion {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let _claims = self.claim_outputs()?;
        let display = Arc::new(Display::new(shared.quiet));
        let outcome = self.perform(&display);
        display.clear();
        let GeneratedMotion { track, mut warnings, sound } = outcome?;
        if let Some(path) = &self.plot {
            let sound = self.sound_in_time(sound.as_ref(), &mut warnings);
            self.draw(path, &track, sound.as_ref())?;
        }
        track.export(&self.output)?;
        warn(&warnings);
        let report = Report { output: self.output, plot: self.plot, frames: track.len(), seconds: track.seconds(), warnings };
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}: {} frames, {:.1} s ({})", report.output.display(), report.frames, report.seconds, Stage::Motion.key());
        }
        Ok(())
    }

    /// The track and its plot, which nobody else writes meanwhile.
    fn claim_outputs(&self) -> Result<(OutputClaim, Option<OutputClaim>), Failure> {
        let head_video = match &self.performance.head_motion.0 {
            HeadMotionChoice::Video(path) => Some(path),
            _ => None,
        };
        let files = [self.audio.as_ref(), self.video.as_ref(), self.motion.as_ref(), self.from.as_ref(), head_video];
        let blended = self.edits.blend.iter().map(|blend| &blend.path);
        let inputs: Vec<&Path> =
            files.into_iter().flatten().chain(blended).chain(&self.reference).map(PathBuf::as_path).collect();
        let track = OutputClaim::new(&self.output, inputs.iter().copied())?;
        let Some(plot) = &self.plot else { return Ok((track, None)) };
        if plot == &self.output {
            return Err(Failure::new(
                format!("{} is named as an output twice", plot.display()),
                "give each output a name of its own",
            ));
        }
        if !is_page(plot) && !has_extension(plot, "svg") {
            return Err(Failure::new(format!("{} is neither .svg nor .html", plot.display()), "give --plot a name that ends so"));
        }
        Ok((track, Some(OutputClaim::new(plot, inputs)?)))
    }

    /// The performance with its edits.
    fn perform(&self, display: &Arc<Display>) -> Result<GeneratedMotion, Failure> {
        let mut made = self.source(display)?;
        #[cfg(feature = "training")]
        self.published.move_head(self.audio.as_deref(), &mut made.track, &limits(self.max_seconds, self.allow_damaged))?;
        if self.edits.need_speech() && made.sound.is_none() {
            return Err(Failure::new("--nod-on-stress needs the speech", "give the recording with --audio"));
        }
        if let Some(from) = &self.from {
            let taken = self.other(from, display, &mut made.warnings)?;
            made.track.take(&taken, &Selection::parts(&self.take))?;
        }
        if self.audio.is_none() || self.motion.is_some() {
            // What was made of a recording has it already.
            made.track.feel(self.performance.emotion, self.performance.emotion_strength)?;
        }
        let accents = made.sound.as_ref().map(|sound| sound.accents.as_slice()).unwrap_or_default();
        let (edits, warnings) = (&self.edits, &mut made.warnings);
        made.track = edits.apply(made.track, accents, |path| self.other(path, display, warnings))?.rounded();
        Ok(made)
    }

    /// The performance before any edit, and the sound where it is wanted.
    fn source(&self, display: &Arc<Display>) -> Result<GeneratedMotion, Failure> {
        let wants_sound = self.plot.is_some() || self.edits.need_speech();
        if let Some(path) = &self.motion {
            let MendedTrack { track, mut warnings } = self.track(path)?;
            let audio = self.audio.as_ref().filter(|_| wants_sound);
            let sound = audio.map(|audio| self.listen(audio, display, &mut warnings)).transpose()?;
            return Ok(GeneratedMotion { track, warnings, sound });
        }
        let generation = match (&self.audio, &self.video) {
            (_, Some(video)) => MotionGeneration::from_video(video),
            (Some(audio), None) => {
                MotionGeneration::from_audio(audio).references(self.reference.clone()).options(self.performance.options())
            }
            (None, None) => return Err(Failure::new("nothing to perform", "give --audio, --video or --motion")),
        };
        let generation = if wants_sound { generation.keep_sound() } else { generation };
        let mut made = self.generate(generation, display)?;
        if let Some(video) = self.video.as_ref().filter(|_| wants_sound)
            && talkinghead_media::probe(video, &limits(self.max_seconds, self.allow_damaged))?.audio.is_some()
        {
            made.sound = Some(self.listen(video, display, &mut made.warnings)?);
        }
        Ok(made)
    }

    fn generate(&self, generation: MotionGeneration, display: &Arc<Display>) -> Result<GeneratedMotion, Failure> {
        let shown = Arc::clone(display);
        let made = generation
            .face(self.face.map_or(FaceChoice::Main, FaceChoice::Index))
            .identities(if self.mix_identities { Identities::Mixed } else { Identities::One })
            .limits(limits(self.max_seconds, self.allow_damaged))
            .on_progress(move |progress| shown.show(progress))
            .run()?;
        Ok(made)
    }

    fn listen(&self, audio: &Path, display: &Arc<Display>, warnings: &mut Vec<String>) -> Result<PlottedSound, Failure> {
        let shown = Arc::clone(display);
        let limits = limits(self.max_seconds, self.allow_damaged);
        let heard = Listening::to(audio).limits(limits).on_progress(move |progress| shown.show(progress)).run()?;
        warnings.extend(heard.warnings);
        Ok(heard.sound)
    }

    /// A track from a file of ours or of ARKit blendshapes.
    fn track(&self, path: &Path) -> Result<MendedTrack, Failure> {
        Ok(match TrackFormat::of(path) {
            TrackFormat::ArkitCsv => MotionTrack::read_arkit(path)?,
            _ if self.repair => MotionTrack::read_mending(path)?,
            _ => MendedTrack { track: MotionTrack::read(path)?, warnings: Vec::new() },
        })
    }

    /// What parts are taken from: a track, or a video that is measured.
    fn other(&self, path: &Path, display: &Arc<Display>, warnings: &mut Vec<String>) -> Result<MotionTrack, Failure> {
        if has_extension(path, "json") || has_extension(path, "csv") {
            let read = self.track(path)?;
            warnings.extend(read.warnings);
            return Ok(read.track);
        }
        let made = self.generate(MotionGeneration::from_video(path), display)?;
        warnings.extend(made.warnings);
        Ok(made.track)
    }

    /// The sound where it still runs along with the track.
    fn sound_in_time(&self, sound: Option<&PlottedSound>, warnings: &mut Vec<String>) -> Option<PlottedSound> {
        let (start, runs_along) = self.edits.time_in_recording();
        match sound {
            Some(sound) if runs_along => Some(sound.from(start)),
            Some(_) => {
                warnings.push("the plot leaves the sound out: the track runs at another time than the recording".to_owned());
                None
            }
            None => None,
        }
    }

    fn draw(&self, path: &Path, track: &MotionTrack, sound: Option<&PlottedSound>) -> Result<(), Failure> {
        let name = self.output.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let source =
            self.audio.as_ref().or(self.video.as_ref()).and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
        let title = source.map_or_else(|| name.to_string(), |source| format!("{name} · {source}"));
        let plot = Plot { track, sound, title: &title };
        let text = if is_page(path) { plot.html() } else { plot.svg() };
        Ok(write_file(path, text.as_bytes())?)
    }
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn is_page(path: &Path) -> bool {
    has_extension(path, "html") || has_extension(path, "htm")
}

fn part(text: &str) -> Result<Part, String> {
    text.trim().parse().map_err(|error: talkinghead_motion::MotionError| error.to_string())
}
