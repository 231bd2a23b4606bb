//! What is taken from the recording: lips and rhythm.

use std::path::Path;

use talkinghead_media::Limits;
use talkinghead_motion::{Expression, ExpressionModel, ExpressionSettings, SpeechRhythm};
use talkinghead_speech::SpeechFeatures;

use crate::{Cancellation, GenerationError};

/// Natural log of the amplitude of a recording's loud frames under which it holds no speech (about -60 dBFS).
const SILENCE: f32 = -6.9;
/// Voicing from which a pitch is believed.
const VOICED: f32 = 0.5;

/// A recording, heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Lips, one a frame.
    pub expressions: Vec<Expression>,
    /// Loudness, pauses, accents.
    pub rhythm: SpeechRhythm,
    /// Nothing but silence.
    pub silent: bool,
}

impl Heard {
    /// Listens to a whole recording, frame by frame.
    pub(crate) fn listen(
        path: &Path,
        limits: &Limits,
        cancellation: &Cancellation,
        on_frame: impl Fn(usize, usize),
    ) -> Result<Self, GenerationError> {
        let features = SpeechFeatures::open(path, limits)?;
        let total = features.frame_count();
        let loud = features.loudness().loud;
        let (mut levels, mut pitches, mut expressions) = (Vec::new(), Vec::new(), Vec::new());
        let mut lips = ExpressionModel::get().stream(ExpressionSettings::default());
        for (index, frame) in features.enumerate() {
            cancellation.check()?;
            let frame = frame?;
            levels.push(frame.level + loud);
            pitches.push(if frame.voicing > VOICED { frame.pitch } else { 0.0 });
            lips.push(&frame, &mut expressions);
            on_frame(index + 1, total);
        }
        lips.finish(&mut expressions);
        let rhythm = SpeechRhythm::from_curves(&levels, &pitches);
        Ok(Self { expressions, rhythm, silent: loud < SILENCE })
    }
}
