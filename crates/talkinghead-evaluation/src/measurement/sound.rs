//! What the sound asks of lips and head.

use std::path::Path;

use talkinghead_media::{AudioReader, FRAME_RATE, Limits, MediaInfo};
use talkinghead_motion::SpeechRhythm;
use talkinghead_speech::{AudioSource, SpeechFeatures, choose_channels};

use crate::EvaluationError;

/// From this periodicity on a frame's pitch counts.
const VOICED: f32 = 0.5;
/// Weight of the class of p, b and m from which a phone is one of them.
const LABIAL: f32 = 0.5;
/// Seconds of the longest sound that is held in memory: 19 MB.
const LONGEST_HELD: f64 = 300.0;
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
    /// Listens to a file that was probed; `None` where it has no sound.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_probed(path: &Path, info: MediaInfo, limits: &Limits) -> Result<Option<Self>, EvaluationError> {
        if path.is_dir() || info.audio.is_none() {
            return Ok(None);
        }
        let features = features(path, info, limits)?;
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

/// Features read three times from memory where the sound is short, and from the file otherwise.
fn features(path: &Path, info: MediaInfo, limits: &Limits) -> Result<SpeechFeatures, EvaluationError> {
    let channels = choose_channels(path, &info, limits)?.channels;
    if info.seconds.is_none_or(|seconds| seconds > LONGEST_HELD) {
        return Ok(SpeechFeatures::of(AudioSource::file(path, limits, channels))?);
    }
    let mut samples = Vec::new();
    for block in AudioReader::open_channels(path, info, limits, channels)? {
        samples.extend(block?);
    }
    Ok(SpeechFeatures::of_samples(samples)?)
}
