//! What is taken from the recording: lips and rhythm.

use std::path::Path;

use talkinghead_media::Limits;
use talkinghead_motion::{Expression, SpeechRhythm};
use talkinghead_speech::{SpeechFeatures, SpeechFrame, VISEMES};

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
        for (index, frame) in features.enumerate() {
            cancellation.check()?;
            let frame = frame?;
            levels.push(frame.level + loud);
            pitches.push(if frame.voicing > VOICED { frame.pitch } else { 0.0 });
            expressions.push(lips(&frame));
            on_frame(index + 1, total);
        }
        let rhythm = SpeechRhythm::from_curves(&levels, &pitches);
        Ok(Self { expressions, rhythm, silent: loud < SILENCE })
    }
}

/// Opening and width by mouth class in standard deviations of a speaker, fitted on real footage; last: silence.
const OPENING: [f32; VISEMES + 1] = [-1.2, -0.8, -0.4, 0.3, 0.7, 0.5, 0.6, -1.2, 0.6, 2.2, 1.2, 0.5, -0.4, -1.4];
const WIDTH: [f32; VISEMES + 1] = [-0.6, 0.0, 0.0, 0.1, 0.1, -0.5, 0.6, -2.1, 0.0, 1.2, 0.7, -1.3, -1.8, 0.0];

/// The mouth by rule.
fn lips(frame: &SpeechFrame) -> Expression {
    let curves = &frame.viseme_curves[..VISEMES + 1];
    let mean = |table: &[f32; VISEMES + 1]| curves.iter().zip(table).map(|(c, t)| c * t).sum::<f32>();
    let opening = (0.075 * (1.4 + mean(&OPENING))).max(0.0) * (1.0 - 0.8 * frame.lip_closure);
    Expression { opening, width: 0.045 * mean(&WIDTH), ..Expression::NEUTRAL }
}
