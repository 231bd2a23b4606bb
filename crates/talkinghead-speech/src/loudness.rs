//! How loud a recording is where somebody speaks: one pass, flat memory.

use crate::{SAMPLES_PER_FRAME, SpeechError, source::AudioSource};

/// Root mean square that speech is brought to: the phoneme network hears best there.
const SPEECH_RMS: f32 = 0.07;
/// Never amplify more than this: hiss is not speech.
const MAX_GAIN: f32 = 40.0;
/// Speech lies within this of the loud frames (natural log of amplitude; 30 dB).
const SPEECH_RANGE: f32 = 3.5;
const BINS: usize = 300;
const BIN: f32 = 0.05;

/// Level statistics of a whole recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Samples in the recording, at 16 kHz.
    pub samples: u64,
    /// Factor that brings its speech to an rms of 0.07.
    pub gain: f32,
    /// Natural log of the amplitude (before the gain) that 5 % of the 40 ms frames exceed.
    pub loud: f32,
    /// How far (natural log) the loud frames lie above the quietest fifth: speech has more than 1, steady noise next to 0.
    pub range: f32,
}

impl Loudness {
    /// Video frames the recording lasts, at 25 frames/s, the last one perhaps in part.
    pub fn frames(&self) -> usize {
        (self.samples as usize).div_ceil(SAMPLES_PER_FRAME)
    }

    /// Measures a recording.
    ///
    /// # Errors
    /// It cannot be read, or is empty.
    pub fn measure(source: &AudioSource) -> Result<Self, SpeechError> {
        let mut levels = LevelHistogram::default();
        let mut samples = 0;
        let mut open_frame = Vec::with_capacity(SAMPLES_PER_FRAME);
        for block in source.blocks()? {
            let block = block?;
            samples += block.len() as u64;
            for sample in block {
                open_frame.push(sample);
                if open_frame.len() == SAMPLES_PER_FRAME {
                    levels.add(&open_frame);
                    open_frame.clear();
                }
            }
        }
        if samples == 0 {
            return Err(SpeechError::Empty);
        }
        if !open_frame.is_empty() {
            levels.add(&open_frame);
        }
        let loud = levels.quantile(0.95);
        let rms = levels.rms_above(loud - SPEECH_RANGE);
        let range = loud - levels.quantile(0.2);
        Ok(Self { samples, gain: (SPEECH_RMS / rms.max(1e-9)).min(MAX_GAIN), loud, range })
    }

    /// How much the recording is like steady noise, 0 to 1: its level hardly changes.
    pub(crate) fn steadiness(&self) -> f32 {
        ((0.9 - self.range) / 0.4).clamp(0.0, 1.0)
    }

    /// Whether a frame of this level (natural log of amplitude, before the gain) may be speech.
    pub(crate) fn may_be_speech(&self, level: f32) -> bool {
        level > self.loud - SPEECH_RANGE
    }
}

/// Natural log of a frame's amplitude.
pub(crate) fn level(frame: &[f32]) -> f32 {
    let power = frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32;
    power.max(1e-12).ln() / 2.0
}

struct LevelHistogram {
    count: Vec<u64>,
    power: Vec<f64>,
}

impl Default for LevelHistogram {
    fn default() -> Self {
        Self { count: vec![0; BINS], power: vec![0.0; BINS] }
    }
}

impl LevelHistogram {
    /// Lower edge of a bin; the highest bin ends at ln 1 = 0.
    fn edge(bin: usize) -> f32 {
        (bin as f32 - BINS as f32) * BIN
    }

    fn add(&mut self, frame: &[f32]) {
        let level = level(frame);
        let bin = ((level / BIN).floor() + BINS as f32).clamp(0.0, (BINS - 1) as f32) as usize;
        self.count[bin] += 1;
        self.power[bin] += f64::from((2.0 * level).exp());
    }

    fn quantile(&self, share: f64) -> f32 {
        let wanted = share * self.count.iter().sum::<u64>() as f64;
        let mut below = 0.0;
        for (bin, &count) in self.count.iter().enumerate() {
            if count > 0 && below + count as f64 >= wanted {
                return Self::edge(bin) + BIN * ((wanted - below) / count as f64) as f32;
            }
            below += count as f64;
        }
        0.0
    }

    fn rms_above(&self, level: f32) -> f32 {
        let bins = (0..BINS).filter(|&bin| Self::edge(bin) + BIN > level);
        let (count, power) = bins.fold((0, 0.0), |(count, power), bin| (count + self.count[bin], power + self.power[bin]));
        (power / count.max(1) as f64).sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tone(amplitude: f32, seconds: f32) -> Vec<f32> {
        (0..(seconds * 16_000.0) as usize).map(|i| amplitude * (i as f32 * 0.3).sin()).collect()
    }

    #[test]
    fn silence_around_speech_does_not_change_its_gain() {
        let gain = |samples: Vec<f32>| Loudness::measure(&AudioSource::Samples(samples.into())).unwrap().gain;
        let plain = gain(tone(0.3, 4.0));
        let padded = gain([vec![0.0; 32_000], tone(0.3, 4.0), vec![0.0; 64_000]].concat());
        assert!((plain / padded - 1.0).abs() < 0.02, "{plain} {padded}");
        assert!((plain * 0.3 / 2f32.sqrt() - SPEECH_RMS).abs() < 0.002);
    }

    #[test]
    fn hiss_is_not_made_speech() {
        let loudness = Loudness::measure(&AudioSource::Samples(tone(1e-4, 1.0).into())).unwrap();
        assert_eq!(loudness.gain, MAX_GAIN);
        assert!(matches!(Loudness::measure(&AudioSource::Samples(Vec::new().into())), Err(SpeechError::Empty)));
    }
}
