//! Features of a sound that is still going on: what a live stream has, with a look-ahead that is counted.

use std::collections::VecDeque;

use crate::frame::SpeechFrame;
use crate::heard::{FrameSound, Heard, MELS_PER_FRAME, PITCH_MARGIN};
use crate::loudness::{LevelHistogram, Loudness};
use crate::mel::{LogMel, MEL_BANDS};
use crate::phonemes::PhonemeNetwork;
use crate::pitch::PITCH_WINDOW;
use crate::spikes::{PhonemeSpike, SpikeFinder};
use crate::windows::Listener;
use crate::{FRAME_SECONDS, SAMPLES_PER_FRAME, SpeechError};

/// Frames that are worked on at a time: the networks run once for each such block.
const BLOCK: usize = 2;
/// Frames of the past, with those ahead, that are heard anew for each block: 4.4 s.
const WINDOW: usize = 110;
/// Frames around one that voice activity looks at.
const AROUND: usize = 20;
/// Speech is taken for at least this loud (natural log of amplitude, -45 dB of full scale): what came before it may have been
/// a quiet room.
const LEAST_LOUD: f32 = -5.2;
/// Frames of speech that the usual spectrum counts as beside the voice's own.
const USUAL_WEIGHT: f32 = 25.0;

/// Speech features of a stream of samples, frame by frame at 25 frames/s, as [`crate::SpeechFeatures`] gives them of a whole
/// recording, but from what a live stream has: a frame is given as soon as `ahead` frames after it were heard (and at most one
/// more, because networks run for two frames at a time). Loudness and mean spectrum are those of what was heard so far.
///
/// Speech of less than -45 dB of full scale is not raised: a stream cannot know that nothing louder will come.
pub struct LiveSpeech {
    ahead: usize,
    phonemes: PhonemeNetwork,
    /// The last [`WINDOW`] frames, silence before the start.
    window: Vec<f32>,
    /// Samples after them, less than a block.
    pending: Vec<f32>,
    levels: LevelHistogram,
    /// Sums over the speech so far of log-mel spectra at gain 1, and their count.
    spectrum: ([f64; MEL_BANDS], u64),
    /// Levels and pitches of the last frames; the last belongs to frame `measured - 1`.
    sound: VecDeque<FrameSound>,
    measured: usize,
    /// Frames heard.
    heard: usize,
    /// The frame that is given next.
    next: usize,
    samples: u64,
}

impl LiveSpeech {
    /// A stream whose features hear `ahead` frames (40 ms each) beyond their own, 1 to 50.
    ///
    /// # Errors
    /// The phoneme network cannot be built.
    pub fn new(ahead: usize) -> Result<Self, SpeechError> {
        Ok(Self {
            ahead: ahead.clamp(1, 50),
            phonemes: PhonemeNetwork::new(WINDOW * SAMPLES_PER_FRAME)?,
            window: vec![0.0; WINDOW * SAMPLES_PER_FRAME],
            pending: Vec::new(),
            levels: LevelHistogram::default(),
            spectrum: ([0.0; MEL_BANDS], 0),
            sound: VecDeque::new(),
            measured: 0,
            heard: 0,
            next: 0,
            samples: 0,
        })
    }

    /// The most frames of sound after its own that a frame waits for.
    pub fn look_ahead(&self) -> usize {
        self.ahead + BLOCK - 1
    }

    /// Takes the next samples (16 kHz, mono, -1..1), any number; adds the frames that are ready.
    ///
    /// # Errors
    /// The phoneme network fails.
    pub fn push(&mut self, samples: &[f32], frames: &mut Vec<SpeechFrame>) -> Result<(), SpeechError> {
        self.samples += samples.len() as u64;
        self.pending.extend(samples.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
        let block = BLOCK * SAMPLES_PER_FRAME;
        let mut taken = 0;
        while taken + block <= self.pending.len() {
            self.window.drain(..block);
            self.window.extend_from_slice(&self.pending[taken..taken + block]);
            taken += block;
            self.heard += BLOCK;
            self.hear(frames)?;
        }
        self.pending.drain(..taken);
        Ok(())
    }

    /// Ends the stream: adds the frames that were still waiting, with silence after them.
    ///
    /// # Errors
    /// The phoneme network fails.
    pub fn finish(&mut self, frames: &mut Vec<SpeechFrame>) -> Result<(), SpeechError> {
        let total = (self.samples as usize).div_ceil(SAMPLES_PER_FRAME);
        let mut rest = Vec::new();
        while self.next < total {
            self.push(&[0.0; BLOCK * SAMPLES_PER_FRAME], &mut rest)?;
        }
        let first = self.next - rest.len();
        rest.truncate(total.saturating_sub(first));
        frames.append(&mut rest);
        Ok(())
    }

    /// Listens to the window as it is now.
    fn hear(&mut self, frames: &mut Vec<SpeechFrame>) -> Result<(), SpeechError> {
        let fresh = &self.window[(WINDOW - BLOCK) * SAMPLES_PER_FRAME..];
        fresh.chunks_exact(SAMPLES_PER_FRAME).for_each(|frame| self.levels.add(frame));
        self.measure();
        let loudness = self.loudness();
        let loud: Vec<f32> = self.window.iter().map(|sample| sample * loudness.gain).collect();
        let network = self.phonemes.listen(&loud)?;
        let mels = spectra(&loud);
        self.learn_spectrum(&mels, &loudness);
        let mel_mean = self.mel_mean(loudness.gain);
        let first = self.heard as isize - WINDOW as isize;
        let mut finder = SpikeFinder::default();
        let mut spikes: Vec<PhonemeSpike> = network.iter().filter_map(|frame| finder.push(frame)).collect();
        spikes.extend(finder.finish());
        spikes.iter_mut().for_each(|spike| spike.time += first as f32 * FRAME_SECONDS);
        while self.next + self.ahead < self.heard {
            let at = (self.next as isize - first) as usize;
            let oldest = self.measured - self.sound.len();
            let near = self.next.saturating_sub(AROUND).max(oldest)..(self.next + AROUND + 1).min(self.measured);
            let around: Vec<_> = near.map(|frame| self.sound[frame - oldest].activity(frame)).collect();
            let heard = Heard {
                frame: self.next,
                sound: self.sound[self.next - oldest],
                around: &around,
                spikes: &spikes,
                mels: &mels[MELS_PER_FRAME * at..MELS_PER_FRAME * (at + 1)],
                mel_mean: &mel_mean,
                network: [&network[2 * at], &network[2 * at + 1]],
                encoder: None,
                loudness: &loudness,
            };
            frames.push(heard.features());
            self.next += 1;
        }
        Ok(())
    }

    /// Levels and pitches of the frames behind which enough was heard: all but the last.
    fn measure(&mut self) {
        while self.measured + 1 < self.heard {
            let behind = self.heard - self.measured;
            let start = (WINDOW - behind) * SAMPLES_PER_FRAME - PITCH_MARGIN;
            self.sound.push_back(FrameSound::of(&self.window[start..start + PITCH_WINDOW]));
            self.measured += 1;
        }
        while self.sound.len() > WINDOW {
            self.sound.pop_front();
        }
    }

    fn loudness(&self) -> Loudness {
        let samples = (self.heard * SAMPLES_PER_FRAME) as u64;
        let mut found = Loudness::of_levels(&self.levels, samples);
        if found.loud < LEAST_LOUD {
            found.gain = found.gain.min(Loudness::gain_of(LEAST_LOUD));
            found.loud = LEAST_LOUD;
        }
        found
    }

    /// Adds the spectra of the block that is complete, where it may be speech.
    fn learn_spectrum(&mut self, mels: &[[f32; MEL_BANDS]], loudness: &Loudness) {
        // The last frame's spectra look beyond what was heard.
        let behind = self.heard - self.measured;
        for back in behind..behind + BLOCK.min(self.measured) {
            let level = self.sound[self.sound.len() + behind - 1 - back].level;
            if !loudness.may_be_speech(level) {
                continue;
            }
            let at = MELS_PER_FRAME * (WINDOW - 1 - back);
            let raised = 2.0 * loudness.gain.ln();
            self.spectrum.1 += 1;
            for mel in &mels[at..at + MELS_PER_FRAME] {
                for (sum, band) in self.spectrum.0.iter_mut().zip(mel) {
                    *sum += f64::from(band - raised) / MELS_PER_FRAME as f64;
                }
            }
        }
    }

    /// Mean spectrum of the speech so far at a gain; in the beginning that of any voice.
    fn mel_mean(&self, gain: f32) -> [f32; MEL_BANDS] {
        let (sums, count) = &self.spectrum;
        let (raised, count) = (2.0 * gain.ln(), *count as f32);
        std::array::from_fn(|band| {
            let own = sums[band] as f32 + count * raised;
            (USUAL_WEIGHT * USUAL_SPECTRUM[band] + own) / (USUAL_WEIGHT + count)
        })
    }
}

impl std::fmt::Debug for LiveSpeech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveSpeech").field("ahead", &self.ahead).field("next", &self.next).finish_non_exhaustive()
    }
}

/// The window's log-mel spectra, four a frame; beyond its end there is silence.
fn spectra(window: &[f32]) -> Vec<[f32; MEL_BANDS]> {
    let mut mel = LogMel::new();
    let mut spectra = Vec::with_capacity(MELS_PER_FRAME * WINDOW + 2);
    mel.push(window, |spectrum| spectra.push(spectrum));
    mel.push(&[0.0; SAMPLES_PER_FRAME], |spectrum| spectra.push(spectrum));
    spectra
}

/// Mean log-mel spectrum of speech at an rms of 0.07, over the recordings that taught the expression model.
#[rustfmt::skip]
const USUAL_SPECTRUM: [f32; MEL_BANDS] = [
    -4.11, -3.95, -4.52, -4.75, -4.95, -5.21, -5.57, -5.89, -5.86, -5.78, -5.76, -6.02, -6.4, -6.71, -6.96, -7.22,
    -7.35, -7.57, -7.84, -8.11, -8.41, -8.52, -8.59, -8.68, -8.74, -8.8, -8.88, -8.95, -8.94, -8.92, -8.92, -9.02,
    -9.06, -8.96, -9.06, -9.17, -8.94, -9.04, -8.93, -8.97, -8.9, -8.95, -9.04, -8.99, -8.98, -9.05, -9.1, -9.19,
    -9.3, -9.32, -9.23, -9.22, -9.24, -9.29, -9.45, -9.55, -9.65, -9.69, -9.69, -9.69, -9.79, -9.93, -10.05, -10.25,
    -10.42, -10.53, -10.56, -10.6, -10.65, -10.7, -10.74, -10.76, -10.76, -10.74, -10.74, -10.77, -10.79, -10.86, -10.97, -11.1,
];
