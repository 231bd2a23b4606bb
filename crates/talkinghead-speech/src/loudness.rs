//! How loud a recording is where somebody speaks: one pass, flat memory.

use crate::pitch::pitch;
use crate::{SAMPLES_PER_FRAME, SpeechError, source::AudioSource};

/// Root mean square that speech is brought to: the phoneme network hears best there.
const SPEECH_RMS: f32 = 0.07;
/// Never amplify more than this: speech of less than -90 dB of full scale is lost among the steps of 16-bit samples.
const MAX_GAIN: f32 = 2500.0;
/// From this gain on a recording counts as very quiet: its speech has less than -57 dB of full scale.
const QUIET_GAIN: f32 = 50.0;
/// Speech lies within this of the loud frames (natural log of amplitude; 30 dB).
const SPEECH_RANGE: f32 = 3.5;
/// Speech that stands out of the other 95 % of a recording by more than this is rare, not quiet (24 dB).
const RARE: f32 = 2.8;
/// Frames of voice that make up rare speech (a word of a tenth of a second has two); a knock has none.
const RARE_FRAMES: u64 = 2;
/// From this periodicity on a frame is voice.
pub(crate) const VOICED: f32 = 0.5;
/// A voice's loud frames lie further above its quietest fifth than this (natural log of amplitude, 2 dB).
const DRONE: f32 = 0.25;
/// Means smaller than this share of the speech's root mean square do not matter.
const LEAST_OFFSET: f32 = 0.1;
const BINS: usize = 300;
const BIN: f32 = 0.05;

/// Level statistics of a whole recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Samples in the recording, at 16 kHz.
    pub samples: u64,
    /// Factor that brings its speech to an rms of 0.07.
    pub gain: f32,
    /// Natural log of the amplitude (before the gain) that 5 % of the 40 ms frames exceed; where somebody speaks less than 5 %
    /// of the time, that of their loud frames.
    pub loud: f32,
    /// What has to be taken from every sample, because the recorder's zero was not zero; 0 where that is too little to matter.
    pub offset: f32,
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
        let (mut samples, mut sum) = (0, 0.0);
        let mut open_frame = Vec::with_capacity(SAMPLES_PER_FRAME);
        for block in source.blocks()? {
            let block = block?;
            samples += block.len() as u64;
            for sample in block {
                sum += f64::from(sample);
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
        let mean = (sum / samples as f64) as f32;
        let rms = levels.rms_above(levels.loud() - SPEECH_RANGE);
        let offset = if mean.abs() > LEAST_OFFSET * rms { mean } else { 0.0 };
        Ok(Self { offset, ..Self::of_levels(&levels, samples) })
    }

    /// From the levels of its frames.
    pub(crate) fn of_levels(levels: &LevelHistogram, samples: u64) -> Self {
        let loud = levels.loud();
        let rms = levels.rms_above(loud - SPEECH_RANGE);
        Self { samples, gain: (SPEECH_RMS / rms.max(1e-9)).min(MAX_GAIN), loud, offset: 0.0, range: levels.range() }
    }

    /// The gain of speech of this level (natural log of its root mean square).
    pub(crate) fn gain_of(level: f32) -> f32 {
        SPEECH_RMS / level.exp()
    }

    /// By how many decibels the recording had to be raised to be understood; `None` unless it is very quiet.
    pub fn raised_decibels(&self) -> Option<f32> {
        (self.gain > QUIET_GAIN).then(|| 20.0 * self.gain.log10())
    }

    /// How much the recording is like steady noise, 0 to 1: its level hardly changes.
    pub(crate) fn steadiness(&self) -> f32 {
        ((1.3 - self.range) / 0.4).clamp(0.0, 1.0)
    }

    /// Whether its level never changes at all for a second or more, as that of a hum or a tone; no voice does that.
    pub(crate) fn is_drone(&self) -> bool {
        self.range < DRONE && self.samples >= u64::from(crate::SAMPLE_RATE)
    }

    /// Whether a frame of this level (natural log of amplitude, before the gain) may be speech.
    pub(crate) fn may_be_speech(&self, level: f32) -> bool {
        level > self.loud - SPEECH_RANGE
    }
}

/// Natural log of a frame's amplitude around its mean.
pub(crate) fn level(frame: &[f32]) -> f32 {
    let count = frame.len().max(1) as f32;
    let mean = frame.iter().sum::<f32>() / count;
    let power = frame.iter().map(|s| (s - mean) * (s - mean)).sum::<f32>() / count;
    power.max(1e-12).ln() / 2.0
}

/// Levels of 40 ms frames.
pub(crate) struct LevelHistogram {
    count: Vec<u64>,
    voiced: Vec<u64>,
    power: Vec<f64>,
}

impl Default for LevelHistogram {
    fn default() -> Self {
        Self { count: vec![0; BINS], voiced: vec![0; BINS], power: vec![0.0; BINS] }
    }
}

impl LevelHistogram {
    /// Lower edge of a bin; the highest bin ends at ln 1 = 0.
    fn edge(bin: usize) -> f32 {
        (bin as f32 - BINS as f32) * BIN
    }

    /// Takes the next frame.
    pub(crate) fn add(&mut self, frame: &[f32]) {
        let level = level(frame);
        let bin = ((level / BIN).floor() + BINS as f32).clamp(0.0, (BINS - 1) as f32) as usize;
        self.count[bin] += 1;
        // Half a frame at the end is too short for a pitch.
        self.voiced[bin] += u64::from(frame.len() == SAMPLES_PER_FRAME && pitch(frame).voicing > VOICED);
        self.power[bin] += f64::from((2.0 * level).exp());
    }

    /// Which share of the frames that may be speech is voiced, 0 to 1.
    pub(crate) fn voiced_share(&self) -> f32 {
        let loud = self.loud() - RARE;
        let bins = (0..BINS).filter(|&bin| Self::edge(bin) > loud);
        let (count, voiced) = bins.fold((0, 0), |(count, voiced), bin| (count + self.count[bin], voiced + self.voiced[bin]));
        voiced as f32 / count.max(1) as f32
    }

    /// How far the loud frames lie above the quietest fifth.
    pub(crate) fn range(&self) -> f32 {
        self.loud() - self.quantile(0.2)
    }

    /// The level of the loud frames.
    pub(crate) fn loud(&self) -> f32 {
        let usual = self.quantile(0.95);
        let above = |level: f32| (0..BINS).filter(move |&bin| Self::edge(bin) > level);
        let voice: u64 = above(usual + RARE).map(|bin| self.voiced[bin]).sum();
        if voice < RARE_FRAMES {
            return usual;
        }
        let mut louder = 0;
        let top = (0..BINS).rev().find(|&bin| {
            louder += self.voiced[bin];
            louder >= RARE_FRAMES
        });
        let speech = Self::edge(top.unwrap_or(0)) - RARE;
        self.quantile_from(above(speech).next().unwrap_or(0), 0.9)
    }

    fn quantile(&self, share: f64) -> f32 {
        self.quantile_from(0, share)
    }

    /// The level that `share` of the frames from bin `first` on stay under.
    fn quantile_from(&self, first: usize, share: f64) -> f32 {
        let wanted = share * self.count[first..].iter().sum::<u64>() as f64;
        let mut below = 0.0;
        for (bin, &count) in self.count.iter().enumerate().skip(first) {
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
    fn rare_speech_is_no_silence_and_a_knock_no_speech() {
        let minute = |sound: Vec<f32>| [vec![1e-5; 480_000], sound, vec![1e-5; 480_000]].concat();
        let loud = |samples: Vec<f32>| Loudness::measure(&AudioSource::Samples(samples.into())).unwrap().loud;
        let word = loud(minute(tone(0.3, 0.4)));
        assert!((word - (0.3 / 2f32.sqrt()).ln()).abs() < 0.1, "{word}");
        let mut state = 1u32;
        let knock = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.3 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
        });
        assert!(loud(minute(knock.take(3_200).collect())) < -11.0);
    }

    #[test]
    fn the_level_is_relative_down_to_the_steps_of_samples() {
        let measure = |samples: Vec<f32>| Loudness::measure(&AudioSource::Samples(samples.into())).unwrap();
        for (amplitude, raised) in [(0.3, None), (3e-4, Some(50.4)), (1e-9, Some(68.0))] {
            let found = measure(tone(amplitude, 1.0)).raised_decibels();
            assert!(found.unwrap_or(0.0) - raised.unwrap_or(0.0) < 0.2 && found.is_some() == raised.is_some(), "{found:?}");
        }
        assert!(matches!(Loudness::measure(&AudioSource::Samples(Vec::new().into())), Err(SpeechError::Empty)));
    }
}
