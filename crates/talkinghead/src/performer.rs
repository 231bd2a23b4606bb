//! The one way from a recording to a performance, for videos and for tracks alone.

use std::path::Path;

use talkinghead_face::{FaceChoice, FaceNetworks};
use talkinghead_media::{Limits, probe};
use talkinghead_motion::{Emotion, HeadMotion, MotionTrack, Performance};

use crate::job::Job;
use crate::person::SpeakingHabits;
use crate::speech_analysis::SpeechAnalysis;
use crate::tracked_reference::ReferenceTracker;
use crate::{GenerationError, HeadMotionChoice, PerformanceOptions, Stage};

/// The largest factor on the expression.
const MOST_GAIN: f32 = 10.0;

/// What a performance is made with, besides the recording.
pub(crate) struct Performer<'a> {
    /// Name of the recording.
    pub audio: &'a Path,
    pub options: &'a PerformanceOptions,
    /// How this person speaks.
    pub habits: SpeakingHabits,
    /// Which face of a video whose head is followed.
    pub face: FaceChoice,
    pub networks: &'a FaceNetworks,
    pub limits: &'a Limits,
    pub job: &'a Job,
}

impl Performer<'_> {
    /// The performance, as long as the recording.
    pub(crate) fn perform(&self, speech: &SpeechAnalysis, warnings: &mut Vec<String>) -> Result<MotionTrack, GenerationError> {
        let head_motion = self.head_motion(warnings)?;
        self.job.measure(Stage::Motion, || {
            let performance = Performance {
                head_motion,
                blinking: self.options.blinking,
                head_gain: self.options.head_gain,
                expression_gain: (self.habits.amplitude * self.options.expression_gain).min(MOST_GAIN),
                head_style: self.habits.head,
                seed: self.options.seed,
            };
            let mut track = performance.perform(&speech.expressions, &speech.rhythm)?;
            if self.options.emotion != Emotion::Neutral {
                track.feel(self.options.emotion, self.options.emotion_strength)?;
                track = track.rounded();
            }
            track.source.audio = file_name(self.audio);
            track.source.program = Some(program());
            Ok(track)
        })
    }

    fn head_motion(&self, warnings: &mut Vec<String>) -> Result<HeadMotion, GenerationError> {
        Ok(match &self.options.head_motion {
            HeadMotionChoice::Audio => HeadMotion::Audio,
            HeadMotionChoice::Still => HeadMotion::Still,
            HeadMotionChoice::Video(path) => self.job.measure(Stage::HeadMotion, || {
                let info = probe(path, self.limits)?;
                let tracker = ReferenceTracker::new(self.networks, self.face, self.limits, self.job);
                Ok::<_, GenerationError>(HeadMotion::Measured(tracker.measure(path, info, warnings)?.head()))
            })?,
        })
    }
}

/// The name of a file without its folder.
pub(crate) fn file_name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// This program and its version.
pub(crate) fn program() -> String {
    format!("talkinghead {}", env!("CARGO_PKG_VERSION"))
}
