//! The stream of features: two passes for statistics, one that gives frames.

use std::collections::VecDeque;
use std::path::Path;

use talkinghead_media::{Limits, probe};

use crate::activity::ActivityInput;
use crate::channels::choose_channels;
use crate::encoder::EncoderStream;
use crate::frame::SpeechFrame;
use crate::heard::{FrameSound, Heard, MELS_PER_FRAME, PITCH_MARGIN};
use crate::loudness::{Loudness, level};
use crate::mel::{LogMel, MEL_BANDS};
use crate::phonemes::{PhonemeFrame, PhonemeStream};
use crate::pitch::PITCH_WINDOW;
use crate::source::{AudioSource, Blocks};
use crate::spikes::{PhonemeSpike, SpikeFinder};
use crate::vowels::unheard_vowel;
use crate::{FRAME_SECONDS, SAMPLES_PER_FRAME, SpeechError};

/// Frames that are held back because later sound still changes them: 0.8 s.
const LOOK_AHEAD: usize = 20;
/// Frames ahead of the one in hand where voices without a phone are looked for: what they change lies further on.
const VOWELS_AHEAD: usize = 10;
/// Frames before the one in hand that its features look at.
const LOOK_BACK: usize = 20;

/// The speech encoder and what it gave for frames from the next one on.
struct Encoder {
    stream: EncoderStream,
    frames: VecDeque<Vec<f32>>,
    fresh: Vec<Vec<f32>>,
}

/// Speech features of a recording, frame by frame at 25 frames/s. Memory is flat in the recording's length: the phoneme
/// network runs in windows of 20 s that overlap by 4 s (a shorter recording is one window).
///
/// The same sound gives the same features whether it comes from a file or from memory.
pub struct SpeechFeatures {
    loudness: Loudness,
    mel_mean: [f32; MEL_BANDS],
    blocks: Blocks,
    frames: usize,
    phonemes: PhonemeStream,
    spike_finder: SpikeFinder,
    mel: LogMel,
    /// Samples that no frame was made of yet, after 80 older ones that pitch looks at.
    samples: Vec<f32>,
    /// Per-frame measurements not yet given, from frame `next - LOOK_BACK` on (or 0).
    sound: VecDeque<FrameSound>,
    sound_start: usize,
    network: VecDeque<PhonemeFrame>,
    encoder: Option<Encoder>,
    mels: VecDeque<[f32; MEL_BANDS]>,
    spikes: VecDeque<PhonemeSpike>,
    next: usize,
    samples_taken: usize,
    fresh: Vec<PhonemeFrame>,
}

impl SpeechFeatures {
    /// Features of a sound or video file.
    ///
    /// # Errors
    /// The file cannot be read, holds no sound, or is over `limits`.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, SpeechError> {
        let chosen = choose_channels(path, &probe(path, limits)?, limits)?;
        Self::of(AudioSource::file(path, limits, chosen.channels))
    }

    /// Features of samples in memory: 16 kHz, mono, -1..1.
    ///
    /// # Errors
    /// There are none.
    pub fn of_samples(samples: Vec<f32>) -> Result<Self, SpeechError> {
        Self::of(AudioSource::Samples(samples.into()))
    }

    /// Features of a source: measures it, then starts over.
    ///
    /// # Errors
    /// It cannot be read or is empty.
    pub fn of(source: AudioSource) -> Result<Self, SpeechError> {
        let loudness = Loudness::measure(&source)?;
        let mel_mean = mel_mean(&source, &loudness)?;
        let frames = loudness.frames();
        Ok(Self {
            phonemes: PhonemeStream::new(frames * SAMPLES_PER_FRAME)?,
            blocks: source.blocks()?,
            loudness,
            mel_mean,
            frames,
            spike_finder: SpikeFinder::default(),
            mel: LogMel::new(),
            samples: vec![0.0; PITCH_MARGIN],
            sound: VecDeque::new(),
            sound_start: 0,
            network: VecDeque::new(),
            encoder: None,
            mels: VecDeque::new(),
            spikes: VecDeque::new(),
            next: 0,
            samples_taken: 0,
            fresh: Vec::new(),
        })
    }

    /// The same, and Whisper's encoder listens too (windows of 10 s that overlap by 2 s): [`SpeechFrame::encoder_features`].
    ///
    /// # Errors
    /// The encoder cannot be built.
    pub fn with_encoder(mut self) -> Result<Self, SpeechError> {
        let stream = EncoderStream::new(self.frames * SAMPLES_PER_FRAME)?;
        self.encoder = Some(Encoder { stream, frames: VecDeque::new(), fresh: Vec::new() });
        Ok(self)
    }

    /// Video frames in the recording.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// Level statistics of the recording.
    pub fn loudness(&self) -> &Loudness {
        &self.loudness
    }

    /// Reads on until the next frame has everything it looks at; `false` at the end.
    fn advance(&mut self) -> Result<bool, SpeechError> {
        if self.next >= self.frames {
            return Ok(false);
        }
        while !self.ready() {
            let total = self.frames * SAMPLES_PER_FRAME;
            match self.blocks.next() {
                // The file may give a little more or less than it did when it was measured.
                Some(block) => {
                    let mut block = block?;
                    block.truncate(total - self.samples_taken.min(total));
                    block.iter_mut().for_each(|sample| *sample -= self.loudness.offset);
                    self.take(&block)?;
                }
                // Silence after the end completes the last frame and what looks beyond it.
                None if self.samples_taken < total => self.take(&vec![0.0; (total - self.samples_taken).min(16_000)])?,
                None => self.take_tail(),
            }
        }
        Ok(true)
    }

    fn ready(&self) -> bool {
        let wanted = self.frames.min(self.next + LOOK_AHEAD + 1);
        let network_end = self.next + self.network.len() / 2;
        let encoded = self.encoder.as_ref().is_none_or(|encoder| encoder.frames.len() >= 2);
        encoded && network_end >= wanted && self.sound_start + self.sound.len() >= wanted && self.mels.len() >= MELS_PER_FRAME
    }

    fn take(&mut self, raw: &[f32]) -> Result<(), SpeechError> {
        self.samples_taken += raw.len();
        let loud: Vec<f32> = raw.iter().map(|s| s * self.loudness.gain).collect();
        self.mel.push(&loud, |frame| self.mels.push_back(frame));
        self.phonemes.push(&loud, &mut self.fresh)?;
        for frame in self.fresh.drain(..) {
            self.spikes.extend(self.spike_finder.push(&frame));
            self.network.push_back(frame);
        }
        if let Some(Encoder { stream, frames, fresh }) = &mut self.encoder {
            stream.push(&loud, fresh)?;
            frames.extend(fresh.drain(..));
        }
        if self.phonemes.is_done() {
            self.spikes.extend(self.spike_finder.finish());
        }
        self.samples.extend_from_slice(raw);
        self.measure_frames();
        Ok(())
    }

    /// Zeros for what looks beyond the end of the last frame.
    fn take_tail(&mut self) {
        let zeros = [0.0; PITCH_WINDOW];
        self.mel.push(&zeros, |frame| self.mels.push_back(frame));
        self.samples.extend_from_slice(&zeros);
        self.measure_frames();
    }

    fn measure_frames(&mut self) {
        let mut at = 0;
        while at + PITCH_WINDOW <= self.samples.len() {
            self.sound.push_back(FrameSound::of(&self.samples[at..at + PITCH_WINDOW]));
            at += SAMPLES_PER_FRAME;
        }
        self.samples.drain(..at);
    }

    fn sound_at(&self, frame: usize) -> FrameSound {
        self.sound[frame.clamp(self.sound_start, self.sound_start + self.sound.len() - 1) - self.sound_start]
    }

    /// How loud and how much of a voice a frame is.
    fn activity_input(&self, frame: usize) -> ActivityInput {
        self.sound_at(frame).activity(frame)
    }

    /// The same of all frames within `reach` of `frame`.
    fn around(&self, frame: usize, reach: usize) -> Vec<ActivityInput> {
        let frames = frame.saturating_sub(reach)..(frame + reach + 1).min(self.frames);
        frames.map(|frame| self.activity_input(frame)).collect()
    }

    /// Adds a vowel for each voice ahead in which no phone was heard.
    fn hear_vowels(&mut self) {
        let first = if self.next == 0 { 0 } else { self.next + VOWELS_AHEAD };
        for frame in first..(self.next + VOWELS_AHEAD + 1).min(self.frames) {
            let Some(spectrum) = self.mels.get((frame - self.next) * MELS_PER_FRAME + MELS_PER_FRAME / 2) else { continue };
            let (centre, around) = (self.activity_input(frame), self.around(frame, LOOK_AHEAD - VOWELS_AHEAD));
            let spikes: Vec<PhonemeSpike> = self.spikes.iter().cloned().collect();
            self.spikes.extend(unheard_vowel(centre, &around, spectrum, &spikes, &self.loudness));
        }
    }

    fn make_frame(&mut self) -> SpeechFrame {
        self.hear_vowels();
        let sound = self.sound_at(self.next);
        let around = self.around(self.next, LOOK_BACK);
        self.spikes.make_contiguous();
        self.mels.make_contiguous();
        Heard {
            frame: self.next,
            sound,
            around: &around,
            spikes: self.spikes.as_slices().0,
            mels: &self.mels.as_slices().0[..MELS_PER_FRAME],
            mel_mean: &self.mel_mean,
            network: [&self.network[0], &self.network[1]],
            encoder: self.encoder.as_ref().map(|encoder| [&encoder.frames[0][..], &encoder.frames[1][..]]),
            loudness: &self.loudness,
        }
        .features()
    }

    /// Forgets what no later frame looks at.
    fn forget(&mut self) {
        self.next += 1;
        self.network.drain(..2);
        if let Some(encoder) = &mut self.encoder {
            encoder.frames.drain(..2);
        }
        self.mels.drain(..MELS_PER_FRAME);
        while self.sound_start + LOOK_BACK < self.next && !self.sound.is_empty() {
            self.sound.pop_front();
            self.sound_start += 1;
        }
        let oldest = self.next as f32 * FRAME_SECONDS - 2.0;
        while self.spikes.front().is_some_and(|spike| spike.time < oldest) {
            self.spikes.pop_front();
        }
    }
}

impl Iterator for SpeechFeatures {
    type Item = Result<SpeechFrame, SpeechError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(true) => {
                let frame = self.make_frame();
                self.forget();
                Some(Ok(frame))
            }
            Ok(false) => None,
            Err(error) => {
                self.next = self.frames;
                Some(Err(error))
            }
        }
    }
}

impl std::fmt::Debug for SpeechFeatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeechFeatures").field("frames", &self.frames).field("next", &self.next).finish_non_exhaustive()
    }
}

/// Mean log-mel spectrum over the recording's speech (its frames within 30 dB of the loud ones).
fn mel_mean(source: &AudioSource, loudness: &Loudness) -> Result<[f32; MEL_BANDS], SpeechError> {
    let mut mel = LogMel::new();
    let mut sums = [0.0f64; MEL_BANDS];
    let mut count = 0u64;
    let mut levels: VecDeque<f32> = VecDeque::new();
    let mut held: Vec<f32> = Vec::new();
    let mut spectra: VecDeque<[f32; MEL_BANDS]> = VecDeque::new();
    let end = std::iter::once(Ok(vec![0.0; 2 * SAMPLES_PER_FRAME]));
    for block in source.blocks()?.chain(end) {
        let block = block?;
        let loud: Vec<f32> = block.iter().map(|s| (s - loudness.offset) * loudness.gain).collect();
        mel.push(&loud, |frame| spectra.push_back(frame));
        held.extend_from_slice(&block);
        let whole = held.len() / SAMPLES_PER_FRAME * SAMPLES_PER_FRAME;
        levels.extend(held[..whole].chunks_exact(SAMPLES_PER_FRAME).map(level));
        held.drain(..whole);
        while !levels.is_empty() && spectra.len() >= MELS_PER_FRAME {
            let speech = levels.pop_front().is_some_and(|level| loudness.may_be_speech(level));
            for spectrum in spectra.drain(..MELS_PER_FRAME).filter(|_| speech) {
                count += 1;
                for (sum, band) in sums.iter_mut().zip(spectrum) {
                    *sum += f64::from(band);
                }
            }
        }
    }
    Ok(sums.map(|sum| (sum / count.max(1) as f64) as f32))
}
