//! What the sound asks of lips and head.

use std::path::Path;

use talkinghead_media::{FRAME_RATE, Limits, probe};
use talkinghead_motion::SpeechRhythm;
use talkinghead_speech::SpeechFeatures;

use crate::EvaluationError;

/// From this periodicity on a frame's pitch counts.
const VOICED: f32 = 0.5;
/// Weight of the class of p, b and m from which a phone is one of them.
const LABIAL: f32 = 0.5;
/// Seconds before a phone's peak at which the lips meet.
const AHEAD: f32 = 0.04;

/// A sound track, one value a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredSound {
    /// Loudness, 0 to 1.
    pub envelope: Vec<f32>,
    /// Whether nobody speaks, for at least 0.28 s.
    pub pause: Vec<bool>,
    /// Frames of stressed syllables.
    pub accents: Vec<usize>,
    /// Frames at which p, b or m shut the lips.
    pub closures: Vec<usize>,
}

impl MeasuredSound {
    /// Listens to a file; `None` where it has no sound.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(path: &Path, limits: &Limits) -> Result<Option<Self>, EvaluationError> {
        if path.is_dir() || probe(path, limits)?.audio.is_none() {
            return Ok(None);
        }
        let features = SpeechFeatures::open(path, limits)?;
        let loud = features.loudness().loud;
        let mut sound = Self::default();
        let (mut levels, mut pitches) = (Vec::new(), Vec::new());
        for frame in features {
            let frame = frame?;
            levels.push(frame.level + loud);
            pitches.push(if frame.voicing > VOICED { frame.pitch } else { 0.0 });
            sound.envelope.push(frame.energy);
            let labials = frame.spikes.iter().filter(|spike| spike.visemes[0] > LABIAL);
            sound.closures.extend(labials.map(|spike| ((spike.time - AHEAD).max(0.0) * FRAME_RATE as f32).round() as usize));
        }
        let rhythm = SpeechRhythm::from_curves(&levels, &pitches);
        sound.accents = rhythm.accents.iter().map(|accent| accent.frame).collect();
        sound.pause = rhythm.pause;
        Ok(Some(sound))
    }
}
