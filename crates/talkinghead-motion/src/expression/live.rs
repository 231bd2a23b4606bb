//! Lips of a sound that is still going on.

use talkinghead_media::FRAME_RATE;
use talkinghead_speech::{LiveSpeech, SpeechError, SpeechFrame};

use super::Expression;
use super::model::{ExpressionModel, ExpressionSettings, ExpressionStream, LIVE_CONTEXT};

/// How much later sound a live stream's lips may hear: they are shown that much later than the sound came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookAhead {
    /// 200 ms at most.
    Short,
    /// 480 ms at most.
    Long,
}

impl LookAhead {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Short, Self::Long];

    /// The most frames after its own that an expression waits for.
    pub fn frames(self) -> usize {
        match self {
            Self::Short => 5,
            Self::Long => 12,
        }
    }

    /// The same in seconds.
    pub fn seconds(self) -> f32 {
        self.frames() as f32 / FRAME_RATE as f32
    }

    /// Frames ahead that speech features may hear: what the lips' own context and the networks' blocks of two frames leave.
    pub fn feature_frames(self) -> usize {
        self.frames() - LIVE_CONTEXT - 1
    }
}

/// From samples as they come to expressions, 25 a second.
///
/// ```no_run
/// use talkinghead_motion::{LiveLips, LookAhead};
///
/// let mut lips = LiveLips::new(LookAhead::Long)?;
/// let mut expressions = Vec::new();
/// for samples in std::iter::repeat_n([0.0; 640], 25) {
///     lips.push(&samples, &mut expressions)?; // those that are ready
/// }
/// lips.finish(&mut expressions)?;
/// # Ok::<(), talkinghead_speech::SpeechError>(())
/// ```
#[derive(Debug)]
pub struct LiveLips {
    speech: LiveSpeech,
    lips: ExpressionStream<'static>,
    fresh: Vec<SpeechFrame>,
}

impl LiveLips {
    /// A stream.
    ///
    /// # Errors
    /// The phoneme network cannot be built.
    pub fn new(look_ahead: LookAhead) -> Result<Self, SpeechError> {
        let speech = LiveSpeech::new(look_ahead.feature_frames())?;
        let lips = ExpressionModel::live(look_ahead).live_stream(ExpressionSettings::default());
        Ok(Self { speech, lips, fresh: Vec::new() })
    }

    /// Takes the next samples (16 kHz, mono, -1..1), any number; adds the expressions that are ready.
    ///
    /// # Errors
    /// The phoneme network fails.
    pub fn push(&mut self, samples: &[f32], expressions: &mut Vec<Expression>) -> Result<(), SpeechError> {
        self.speech.push(samples, &mut self.fresh)?;
        self.fresh.drain(..).for_each(|frame| self.lips.push(&frame, expressions));
        Ok(())
    }

    /// Ends the stream: adds the rest, one expression for each 640 samples (or part of them) in all.
    ///
    /// # Errors
    /// The phoneme network fails.
    pub fn finish(&mut self, expressions: &mut Vec<Expression>) -> Result<(), SpeechError> {
        self.speech.finish(&mut self.fresh)?;
        self.fresh.drain(..).for_each(|frame| self.lips.push(&frame, expressions));
        self.lips.finish(expressions);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn speech() -> Vec<f32> {
        let bytes = include_bytes!("../../../talkinghead-speech/tests/fixtures/jfk_16k_mono.wav");
        bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect()
    }

    #[test]
    fn an_expression_waits_for_no_more_than_it_may() {
        let samples = speech();
        let samples = &samples[..samples.len() / 3];
        for look_ahead in LookAhead::ALL {
            let (mut lips, mut expressions) = (LiveLips::new(look_ahead).unwrap(), Vec::new());
            for (frame, piece) in samples.chunks(640).enumerate() {
                lips.push(piece, &mut expressions).unwrap();
                // Whole frames.
                let heard = frame + piece.len() / 640;
                assert!(expressions.len() + look_ahead.frames() >= heard, "{look_ahead:?}: {} of {heard}", expressions.len());
            }
            lips.finish(&mut expressions).unwrap();
            assert_eq!(expressions.len(), samples.len().div_ceil(640));
            assert!(expressions.iter().all(|e| e.opening.is_finite() && (0.0..0.6).contains(&e.opening)));
            assert!(expressions.iter().any(|e| e.opening > 0.1));
        }
    }

    #[test]
    fn what_comes_later_changes_nothing() {
        let samples = speech();
        let until = 60 * 640;
        let given = |samples: &[f32]| {
            let (mut lips, mut expressions) = (LiveLips::new(LookAhead::Short).unwrap(), Vec::new());
            samples.chunks(1000).for_each(|samples| lips.push(samples, &mut expressions).unwrap());
            expressions
        };
        let other: Vec<f32> = samples[..until].iter().copied().chain(samples[..until].iter().rev().copied()).collect();
        let (whole, other) = (given(&samples[..2 * until]), given(&other));
        let same = 60 - LookAhead::Short.frames();
        assert!(whole[..same] == other[..same] && whole != other);
    }

    #[test]
    fn silence_rests() {
        let (mut lips, mut expressions) = (LiveLips::new(LookAhead::Short).unwrap(), Vec::new());
        let hiss = (0..32_000_u32).map(|k| 1e-4 * ((k.wrapping_mul(2_654_435_761) >> 16) as f32 / 32768.0 - 1.0));
        lips.push(&hiss.collect::<Vec<_>>(), &mut expressions).unwrap();
        lips.finish(&mut expressions).unwrap();
        assert_eq!(expressions.len(), 50);
        assert!(expressions.iter().all(|e| e.opening < 0.02), "{expressions:?}");
    }
}
