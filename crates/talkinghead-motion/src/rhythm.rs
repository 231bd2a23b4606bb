//! What head and eyes hear of a recording: how loud it is, where it pauses, where it is stressed.

use crate::track::gaussian;
use talkinghead_media::FRAME_RATE;

/// Speech lies within this of the loud frames (natural log of amplitude, 30 dB).
const SPEECH_RANGE: f32 = 3.5;
/// Recordings whose loud frames stay under this (natural log of amplitude, about -60 dBFS) hold no speech.
const SILENCE: f32 = -6.9;
/// Seconds without speech that make a pause, and a long pause.
const PAUSE: f32 = 0.28;
const LONG_PAUSE: f32 = 0.6;

/// A stressed syllable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accent {
    /// Its frame.
    pub frame: usize,
    /// How much it stands out, 0 to 1.
    pub strength: f32,
}

/// The rhythm of a recording, one value a frame (25 a second).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SpeechRhythm {
    /// Energy envelope, 0 silent to 1 loud, low-passed at 2 Hz.
    pub energy: Vec<f32>,
    /// Whether the frame lies in a pause of at least 0.28 s (also before the first word and after the last).
    pub pause: Vec<bool>,
    /// How much the frame lies in a long pause (0.6 s and more), 0 to 1 with soft edges.
    pub calm: Vec<f32>,
    /// Joint peaks of energy and pitch, at least half a second apart.
    pub accents: Vec<Accent>,
    /// Ends of phrases on which the voice rises, as in a question: the last voiced frame.
    pub rises: Vec<usize>,
    /// How loud the voice is beside itself at other times: root of the amplitude, smoothed, mean 0, standard deviation 1.
    pub loudness: Vec<f32>,
    /// Differs from recording to recording.
    fingerprint: u64,
}

/// Standard deviation in frames of the smoothing of the amplitude.
const LOUDNESS_SMOOTHING: f32 = 2.0;

impl SpeechRhythm {
    /// Silence of `frames` frames.
    pub fn silence(frames: usize) -> Self {
        Self {
            energy: vec![0.0; frames],
            pause: vec![true; frames],
            calm: vec![1.0; frames],
            accents: Vec::new(),
            rises: Vec::new(),
            loudness: vec![0.0; frames],
            fingerprint: frames as u64,
        }
    }

    /// From curves with one value a frame.
    ///
    /// `levels`: natural log of the amplitude (full scale = 0). `pitch`: Hz where voiced, 0 elsewhere; may be empty when
    /// unknown.
    pub fn from_curves(levels: &[f32], pitch: &[f32]) -> Self {
        let loud = quantile(levels, 0.95);
        if levels.is_empty() || loud < SILENCE {
            return Self::silence(levels.len());
        }
        let raw: Vec<f32> = levels.iter().map(|l| ((l - loud + SPEECH_RANGE) / SPEECH_RANGE).clamp(0.0, 1.0)).collect();
        let quiet: Vec<bool> = gaussian(&raw, 1.0).iter().map(|e| *e < 0.3).collect();
        let pause = runs_of_at_least(&quiet, PAUSE);
        let long: Vec<f32> = runs_of_at_least(&quiet, LONG_PAUSE).iter().map(|&long| if long { 1.0 } else { 0.0 }).collect();
        let amplitude: Vec<f32> = levels.iter().map(|level| (level - loud).clamp(-12.0, 3.0).exp()).collect();
        let amplitude: Vec<f32> = gaussian(&amplitude, LOUDNESS_SMOOTHING).iter().map(|a| a.sqrt()).collect();
        Self {
            rises: rises(&pause, pitch),
            pause,
            calm: gaussian(&long, 4.0),
            accents: accents(&raw, pitch),
            loudness: standardised(&amplitude),
            fingerprint: fingerprint(&raw),
            energy: gaussian(&raw, 2.0),
        }
    }

    /// A seed for this recording: a person does not move alike in two speeches.
    pub fn seed(&self, seed: u64) -> u64 {
        seed ^ self.fingerprint
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.energy.len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.energy.is_empty()
    }
}

/// Marks the true frames that belong to a run of at least `seconds`.
fn runs_of_at_least(marks: &[bool], seconds: f32) -> Vec<bool> {
    let least = (seconds * FRAME_RATE as f32).round() as usize;
    let mut kept = vec![false; marks.len()];
    let mut start = 0;
    for end in 1..=marks.len() {
        if end < marks.len() && marks[end] == marks[start] {
            continue;
        }
        if marks[start] && end - start >= least {
            kept[start..end].fill(true);
        }
        start = end;
    }
    kept
}

/// Local maxima of energy plus pitch (both as standard deviations), the strongest first, none within half a second of a
/// stronger one.
fn accents(energy: &[f32], pitch: &[f32]) -> Vec<Accent> {
    let voiced: Vec<f32> = pitch.iter().filter(|p| **p > 0.0).map(|p| p.ln()).collect();
    let (mean, deviation) = mean_and_deviation(&voiced);
    let height = |k: usize| match pitch.get(k) {
        Some(&hertz) if hertz > 0.0 && deviation > 0.01 => ((hertz.ln() - mean) / deviation).clamp(-2.5, 2.5),
        _ => -0.5,
    };
    let (mean, deviation) = mean_and_deviation(energy);
    let sum: Vec<f32> = (0..energy.len()).map(|k| (energy[k] - mean) / deviation.max(0.05) + height(k)).collect();
    let smooth = gaussian(&sum, 1.5);
    let (mean, deviation) = mean_and_deviation(&smooth);
    let threshold = mean + 0.7 * deviation;
    let mut peaks: Vec<usize> = (1..smooth.len().saturating_sub(1))
        .filter(|&k| smooth[k] > threshold && smooth[k] >= smooth[k - 1] && smooth[k] > smooth[k + 1])
        .collect();
    peaks.sort_by(|&a, &b| smooth[b].total_cmp(&smooth[a]).then(a.cmp(&b)));
    let apart = FRAME_RATE as usize / 2;
    // An hour has thousands of peaks: look up the neighbourhood, not the whole list.
    let mut taken = vec![false; smooth.len()];
    let mut accents = Vec::new();
    for frame in peaks {
        let near = &taken[frame.saturating_sub(apart)..(frame + apart).min(smooth.len())];
        if near.iter().any(|&t| t) {
            continue;
        }
        taken[frame] = true;
        let strength = ((smooth[frame] - mean) / (3.0 * deviation.max(1e-3))).clamp(0.0, 1.0);
        accents.push(Accent { frame, strength });
    }
    accents.sort_by_key(|accent| accent.frame);
    accents
}

/// Semitones by which the voice ends higher than it was before, in a question.
const RISE: f32 = 3.0;

/// Ends of phrases (the next half second is a pause, or the recording ends) whose last 0.3 s of voice are higher than the
/// second before.
fn rises(pause: &[bool], pitch: &[f32]) -> Vec<usize> {
    let mean = |from: usize, to: usize| {
        let voiced: Vec<f32> = pitch[from..to].iter().filter(|p| **p > 0.0).map(|p| 12.0 * p.log2()).collect();
        (voiced.len() >= 3).then(|| quantile(&voiced, 0.5))
    };
    let ends = (1..=pause.len()).filter(|&k| !pause[k - 1] && pause.get(k).is_none_or(|p| *p));
    ends.filter_map(|end| {
        let end = end.min(pitch.len());
        let last = (end.saturating_sub(FRAME_RATE as usize / 2)..end).rev().find(|&k| pitch[k] > 0.0)?;
        let tail = (last + 1).checked_sub(8)?;
        let rise = mean(tail, last + 1)? - mean(tail.saturating_sub(FRAME_RATE as usize), tail)?;
        (RISE..14.0).contains(&rise).then_some(last)
    })
    .collect()
}

/// A number that tells recordings apart (FNV-1a over loudness second by second): coarse, so that the last bits of a
/// computation do not change it.
fn fingerprint(energy: &[f32]) -> u64 {
    let seconds = energy.chunks(FRAME_RATE as usize).map(|second| second.iter().sum::<f32>() / second.len() as f32);
    let coarse = seconds.map(|mean| (mean * 40.0).round() as u64).chain([energy.len() as u64]);
    coarse.fold(0xcbf2_9ce4_8422_2325, |hash, value| (hash ^ value).wrapping_mul(0x100_0000_01b3))
}

/// Mean 0 and standard deviation 1; all zeros where nothing changes.
pub(crate) fn standardised(values: &[f32]) -> Vec<f32> {
    let (mean, deviation) = mean_and_deviation(values);
    let scale = if deviation > 1e-4 { 1.0 / deviation } else { 0.0 };
    values.iter().map(|value| (value - mean) * scale).collect()
}

pub(crate) fn mean_and_deviation(values: &[f32]) -> (f32, f32) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count;
    (mean as f32, variance.sqrt() as f32)
}

pub(crate) fn quantile(values: &[f32], share: f32) -> f32 {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if sorted.is_empty() {
        return 0.0;
    }
    sorted.sort_by(f32::total_cmp);
    sorted[((sorted.len() - 1) as f32 * share).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_one_long_pause() {
        let rhythm = SpeechRhythm::from_curves(&[-12.0; 100], &[]);
        assert_eq!(rhythm, SpeechRhythm::silence(100));
        assert!(SpeechRhythm::from_curves(&[], &[]).is_empty());
    }

    #[test]
    fn a_question_rises_and_a_statement_does_not() {
        let levels: Vec<f32> = (0..100).map(|k| if k < 60 { -3.0 } else { -9.0 }).collect();
        let voice = |last: f32| -> Vec<f32> {
            (0..100)
                .map(|k| {
                    if k < 50 {
                        120.0
                    } else if k < 60 {
                        last
                    } else {
                        0.0
                    }
                })
                .collect()
        };
        let rises = |last: f32| SpeechRhythm::from_curves(&levels, &voice(last)).rises;
        assert!(rises(170.0).iter().all(|&k| k.abs_diff(59) <= 2) && rises(170.0).len() == 1, "{:?}", rises(170.0));
        assert!(rises(95.0).is_empty() && rises(125.0).is_empty());
    }

    #[test]
    fn recordings_are_told_apart() {
        let levels: Vec<f32> = (0..200).map(|k| -3.0 + (k as f32 / 9.0).sin()).collect();
        let other: Vec<f32> = (0..200).map(|k| -3.0 + (k as f32 / 11.0).sin()).collect();
        let nearly: Vec<f32> = levels.iter().map(|l| l + 1e-6).collect();
        let seed = |levels: &[f32]| SpeechRhythm::from_curves(levels, &[]).seed(5);
        assert_ne!(seed(&levels), seed(&other));
        assert_ne!(seed(&levels), seed(&levels[..180]));
        assert_eq!(seed(&levels), seed(&nearly));
    }

    #[test]
    fn pauses_and_accents_are_found() {
        // Two seconds of syllables at 4 Hz, a second of silence, two seconds of syllables; one syllable is high and loud.
        let mut levels = Vec::new();
        let mut pitch = Vec::new();
        for k in 0..125_usize {
            let speaking = !(50..75).contains(&k);
            let syllable = (k as f32 * std::f32::consts::TAU * 4.0 / 25.0).sin();
            let stressed = k.abs_diff(30) < 3;
            levels.push(if speaking { -3.0 + 0.3 * syllable + if stressed { 1.0 } else { 0.0 } } else { -9.0 });
            pitch.push(if !speaking {
                0.0
            } else if stressed {
                180.0
            } else {
                120.0 + 5.0 * syllable
            });
        }
        let rhythm = SpeechRhythm::from_curves(&levels, &pitch);
        assert!(rhythm.pause[62] && !rhythm.pause[30] && rhythm.calm[62] > 0.9 && rhythm.calm[20] < 0.1);
        assert!(rhythm.energy[62] < 0.1 && rhythm.energy[30] > 0.5);
        assert!(rhythm.accents.iter().any(|a| a.frame.abs_diff(30) <= 2), "{:?}", rhythm.accents);
    }
}
