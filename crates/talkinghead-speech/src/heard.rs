//! From what was heard around a frame to its features; the same for a recording and for a sound that is still going on.

use crate::activity::{ActivityInput, voice_activity};
use crate::frame::SpeechFrame;
use crate::loudness::{Loudness, level};
use crate::mel::MEL_BANDS;
use crate::phonemes::{PhonemeFrame, mix};
use crate::pitch::{PITCH_WINDOW, pitch};
use crate::spikes::PhonemeSpike;
use crate::visemes::{lip_closure, viseme_curves};
use crate::{FRAME_SECONDS, SAMPLES_PER_FRAME};

/// Mel windows per video frame.
pub(crate) const MELS_PER_FRAME: usize = 4;
/// Samples on each side of a frame that its pitch looks at.
pub(crate) const PITCH_MARGIN: usize = (PITCH_WINDOW - SAMPLES_PER_FRAME) / 2;

/// Level and pitch of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameSound {
    /// Natural log of amplitude before the gain.
    pub level: f32,
    /// Hertz.
    pub pitch: f32,
    /// How periodic it is, 0 to 1.
    pub voicing: f32,
}

impl FrameSound {
    /// Of [`PITCH_WINDOW`] samples with the frame in their middle.
    pub(crate) fn of(window: &[f32]) -> Self {
        let found = pitch(window);
        let level = level(&window[PITCH_MARGIN..PITCH_MARGIN + SAMPLES_PER_FRAME]);
        Self { level, pitch: found.hertz, voicing: found.voicing }
    }

    /// What voice activity asks of a frame.
    pub(crate) fn activity(self, frame: usize) -> ActivityInput {
        ActivityInput { time: frame as f32 * FRAME_SECONDS, level: self.level, voicing: self.voicing }
    }
}

/// What was heard in a frame and around it.
pub(crate) struct Heard<'a> {
    /// Its number.
    pub frame: usize,
    pub sound: FrameSound,
    /// The frames near it.
    pub around: &'a [ActivityInput],
    /// Phones near it (more do no harm).
    pub spikes: &'a [PhonemeSpike],
    /// Its four log-mel spectra.
    pub mels: &'a [[f32; MEL_BANDS]],
    /// Mean log-mel spectrum of the speech.
    pub mel_mean: &'a [f32; MEL_BANDS],
    /// Its two frames of the phoneme network.
    pub network: [&'a PhonemeFrame; 2],
    /// Its two frames of the speech encoder, where that listens.
    pub encoder: Option<[&'a [f32]; 2]>,
    pub loudness: &'a Loudness,
}

impl Heard<'_> {
    /// The frame's features.
    pub(crate) fn features(&self) -> SpeechFrame {
        let time = self.frame as f32 * FRAME_SECONDS;
        let level = self.sound.level - self.loudness.loud;
        // The study's silence channel: the middle lies 2.5 (22 dB) below the loud frames.
        let quiet = 1.0 / (1.0 + ((level + 2.5) / 0.3).exp());
        let mut log_mel = [0.0; MEL_BANDS];
        for mel in self.mels {
            for (sum, (band, mean)) in log_mel.iter_mut().zip(mel.iter().zip(self.mel_mean)) {
                *sum += (band - mean) / MELS_PER_FRAME as f32;
            }
        }
        let [a, b] = self.network;
        let spikes = self.spikes;
        SpeechFrame {
            log_mel,
            phoneme_features: mix(&a.features, &b.features, 0.5),
            encoder_features: self.encoder.map(|[a, b]| mix(a, b, 0.5)).unwrap_or_default(),
            viseme_curves: viseme_curves(time, quiet, spikes),
            lip_closure: lip_closure(time, spikes),
            level,
            energy: (1.0 + level / 3.5).clamp(0.0, 1.0),
            pitch: self.sound.pitch,
            voicing: if self.loudness.may_be_speech(self.sound.level) { self.sound.voicing } else { 0.0 },
            voice_activity: voice_activity(time, self.loudness, self.around, spikes),
            spikes: spikes.iter().filter(|s| (s.time / FRAME_SECONDS) as usize == self.frame).cloned().collect(),
        }
    }
}
