//! Whether a recording holds speech at all, told by its shape and not by its level.

use std::collections::BTreeSet;

use crate::SpeechFrame;

/// Frames within this of the loud ones count (natural log of amplitude, 24 dB).
const LOUD: f32 = -2.8;
/// Periodicity of a voice.
const VOICED: f32 = 0.5;
/// Share of the loud frames that is voiced by chance.
const CHANCE: f32 = 0.03;
/// And so many frames at least are a voice.
const FEWEST: usize = 3;
/// A word of a tenth of a second has two, but then nothing beside it is loud for longer.
const SHORT_WORD: usize = 2;
/// Different phones that even a whisper has.
const KINDS: usize = 4;
/// Loud frames in a row that even a whisper has; the network hears phones in clicks, too.
const LASTING: usize = 4;
/// Recordings under a second may be a single vowel.
const SHORT_FRAMES: usize = 25;

/// Collects, frame by frame, what speaks for speech.
#[derive(Clone, Debug, Default)]
pub struct SpeechEvidence {
    frames: usize,
    active: usize,
    loud: usize,
    voiced: usize,
    run: usize,
    longest_run: usize,
    phones: BTreeSet<&'static str>,
}

impl SpeechEvidence {
    /// Takes the next frame.
    pub fn push(&mut self, frame: &SpeechFrame) {
        let loud = frame.level > LOUD;
        self.frames += 1;
        self.active += usize::from(frame.voice_activity > 0.5);
        self.loud += usize::from(loud);
        self.run = if loud { self.run + 1 } else { 0 };
        self.longest_run = self.longest_run.max(self.run);
        self.voiced += usize::from(loud && frame.voicing > VOICED);
        self.phones.extend(frame.spikes.iter().map(|spike| spike.phoneme));
    }

    /// Whether somebody speaks: phones beside loud sound, and a voice or as many phones as a whisper has.
    pub fn holds_speech(&self) -> bool {
        let is_voice = self.voiced >= FEWEST && self.voiced as f32 > CHANCE * self.loud as f32
            || self.voiced >= SHORT_WORD && 2 * self.voiced >= self.loud;
        let is_whisper = self.phones.len() >= KINDS && self.longest_run >= LASTING;
        self.active > 0 && (is_voice || is_whisper || self.frames < SHORT_FRAMES)
    }
}
