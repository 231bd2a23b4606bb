//! Phones as points in time: the network's peaks.

use crate::phonemes::PhonemeFrame;
use crate::vocabulary::{MouthShape, VISEMES, Vocabulary};
use crate::windows::NETWORK_HOP;

/// A run of frames ends a spike when less than this probability is left beside blank and word boundary.
const THRESHOLD: f32 = 0.35;

/// One phone, at the moment the network is surest of it (near its centre).
#[derive(Clone, Debug, PartialEq)]
pub struct PhonemeSpike {
    /// Seconds from the start of the recording.
    pub time: f32,
    /// IPA symbol of the best token.
    pub phoneme: &'static str,
    /// Weights of the mouth classes ([`crate::VISEME_NAMES`]) over the whole phone; all weights together are at most 1.
    pub visemes: [f32; VISEMES],
    /// Weights of a diphthong's first half.
    pub first_half: [f32; VISEMES],
    /// Weights of a diphthong's second half.
    pub second_half: [f32; VISEMES],
}

/// Finds spikes in a stream of network frames.
#[derive(Default)]
pub(crate) struct SpikeFinder {
    frame: usize,
    run: Option<Run>,
}

struct Run {
    token: usize,
    mass: f32,
    moment: f32,
    sums: Vec<f32>,
}

impl SpikeFinder {
    /// Takes the next frame; gives the spike that it ends, if any.
    pub(crate) fn push(&mut self, frame: &PhonemeFrame) -> Option<PhonemeSpike> {
        let vocabulary = Vocabulary::get();
        let q = |token: usize| {
            if token == vocabulary.blank || token == vocabulary.word_boundary { 0.0 } else { frame.probabilities[token] }
        };
        let tokens = frame.probabilities.len();
        let mass: f32 = (0..tokens).map(q).sum();
        let at = self.frame as f32;
        self.frame += 1;
        let best = (mass > THRESHOLD).then(|| (0..tokens).max_by(|&a, &b| q(a).total_cmp(&q(b)))).flatten();
        let mut ended = None;
        if self.run.as_ref().map(|run| run.token) != best {
            ended = self.finish();
            self.run = best.map(|token| Run { token, mass: 0.0, moment: 0.0, sums: vec![0.0; tokens] });
        }
        if let Some(run) = &mut self.run {
            run.mass += mass;
            run.moment += mass * at;
            for (token, sum) in run.sums.iter_mut().enumerate() {
                *sum += q(token);
            }
        }
        ended
    }

    /// The spike that the end of the stream ends, if any.
    pub(crate) fn finish(&mut self) -> Option<PhonemeSpike> {
        let run = self.run.take()?;
        let vocabulary = Vocabulary::get();
        let time = run.moment / run.mass * NETWORK_HOP as f32 / crate::SAMPLE_RATE as f32;
        let zero = [0.0; VISEMES];
        let phoneme = vocabulary.tokens[run.token].as_str();
        let mut spike = PhonemeSpike { time, phoneme, visemes: zero, first_half: zero, second_half: zero };
        for (sum, shape) in run.sums.iter().zip(&vocabulary.shapes) {
            let weight = sum / run.mass;
            match *shape {
                MouthShape::None => {}
                MouthShape::One(class) => spike.visemes[class] += weight,
                MouthShape::Two(first, second) => {
                    spike.first_half[first] += weight;
                    spike.second_half[second] += weight;
                }
            }
        }
        Some(spike)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::phonemes::TOKENS;

    fn frame(token: &str, probability: f32) -> PhonemeFrame {
        let vocabulary = Vocabulary::get();
        let mut probabilities = vec![0.0; TOKENS];
        probabilities[vocabulary.blank] = 1.0 - probability;
        if let Some(i) = vocabulary.tokens.iter().position(|t| t == token) {
            probabilities[i] = probability;
        }
        PhonemeFrame { features: Vec::new(), probabilities }
    }

    #[test]
    fn runs_of_one_token_are_one_spike() {
        let mut finder = SpikeFinder::default();
        let stream = [("", 0.0), ("m", 0.5), ("m", 1.0), ("m", 0.5), ("aɪ", 0.9), ("s", 0.2), ("", 0.0)];
        let mut spikes: Vec<_> = stream.iter().filter_map(|(token, p)| finder.push(&frame(token, *p))).collect();
        spikes.extend(finder.finish());
        assert_eq!(spikes.iter().map(|s| s.phoneme).collect::<Vec<_>>(), ["m", "aɪ"]);
        assert!((spikes[0].time - 0.04).abs() < 1e-6);
        assert!((spikes[0].visemes[0] - 1.0).abs() < 1e-6);
        assert!((spikes[1].first_half[8] - 1.0).abs() < 1e-6 && (spikes[1].second_half[10] - 1.0).abs() < 1e-6);
    }
}
