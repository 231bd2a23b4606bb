//! Whether a recording holds speech at all, told by its shape and not by its level.

use std::collections::{BTreeSet, VecDeque};

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
/// Seconds over which changes of phone are counted, and loud frames from which on they must be there.
const PASSAGE: f32 = 3.0;
const LONG_FRAMES: usize = 75;
/// So many changes from one phone to another, each counted by how sure the network is, speech has in its liveliest passage: read at half its speed 20,
/// in other languages 21 and more, four words of the GRID corpus 9. Instruments, of which the network hears the same phone again and again,
/// have 0 to 2.6.
const CHANGES: f32 = 3.5;
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
    last: Option<&'static str>,
    /// Time and sureness of the changes of phone in the passage that ends now.
    changes: VecDeque<(f32, f32)>,
    liveliest: f32,
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
        for spike in frame.spikes.iter().filter(|spike| self.last.replace(spike.phoneme) != Some(spike.phoneme)) {
            let sureness = spike.visemes.iter().chain(&spike.first_half).copied().fold(0.0, f32::max);
            self.changes.push_back((spike.time, sureness));
            while self.changes.front().is_some_and(|(time, _)| *time < spike.time - PASSAGE) {
                self.changes.pop_front();
            }
            self.liveliest = self.liveliest.max(self.changes.iter().map(|(_, sureness)| sureness).sum());
        }
    }

    /// Whether somebody speaks: phones beside loud sound, and a voice or as many phones as a whisper has; and, where it sounds for long, phones
    /// that change as those of speech do and not as those that are heard in music.
    pub fn holds_speech(&self) -> bool {
        let is_voice = self.voiced >= FEWEST && self.voiced as f32 > CHANCE * self.loud as f32
            || self.voiced >= SHORT_WORD && 2 * self.voiced >= self.loud;
        let is_whisper = self.phones.len() >= KINDS && self.longest_run >= LASTING;
        let is_music = self.loud >= LONG_FRAMES && self.liveliest < CHANGES;
        self.active > 0 && !is_music && (is_voice || is_whisper || self.frames < SHORT_FRAMES)
    }
}
