//! The phoneme network.

use talkinghead_onnx::OnnxPlan;

use crate::SpeechError;
use crate::windows::{Listener, WindowLength, WindowStream};

/// Features of the phoneme network per frame.
pub const PHONEME_FEATURES: usize = 256;
/// Tokens of the phoneme network.
pub(crate) const TOKENS: usize = 191;

/// Windows of 20 s, a new one every 16 s. Shorter sounds than 1 s get silence on both sides, without which the network hears nothing in
/// them.
const LENGTH: WindowLength = WindowLength { shortest: 16_000, longest: 320_000, step: 256_000 };

/// One frame (20 ms) of the network's output.
#[derive(Clone, Debug)]
pub(crate) struct PhonemeFrame {
    /// `[256]`.
    pub features: Vec<f32>,
    /// `[191]` probabilities.
    pub probabilities: Vec<f32>,
}

/// Feeds a recording through the phoneme network.
pub(crate) type PhonemeStream = WindowStream<PhonemeNetwork>;

impl PhonemeStream {
    /// A stream for a recording of `total` samples (a multiple of 640).
    pub(crate) fn new(total: usize) -> Result<Self, SpeechError> {
        Self::of(total, LENGTH, PhonemeNetwork::new)
    }
}

/// The network for windows of one length: those of a recording, or one that moves on with a live stream.
pub(crate) struct PhonemeNetwork {
    plan: OnnxPlan,
}

impl PhonemeNetwork {
    /// For windows of so many samples, at least 1 s.
    pub(crate) fn new(window: usize) -> Result<Self, SpeechError> {
        let onnx = include_bytes!("../../../assets/models/phoneme_ctc.onnx");
        Ok(Self { plan: OnnxPlan::new("phoneme_ctc", onnx, &[1, window])? })
    }
}

impl Listener for PhonemeNetwork {
    type Frame = PhonemeFrame;

    fn listen(&self, samples: &[f32]) -> Result<Vec<PhonemeFrame>, SpeechError> {
        let outputs = self.plan.run(samples)?;
        let [log_probabilities, features, ..] = outputs.as_slice() else {
            return Err(SpeechError::network("it has too few outputs"));
        };
        let frames = log_probabilities.values.chunks_exact(TOKENS).zip(features.values.chunks_exact(PHONEME_FEATURES));
        let frame =
            |(p, f): (&[f32], &[f32])| PhonemeFrame { features: f.to_vec(), probabilities: p.iter().map(|l| l.exp()).collect() };
        Ok(frames.map(frame).collect())
    }

    fn blend(old: &PhonemeFrame, new: &PhonemeFrame, share: f32) -> PhonemeFrame {
        PhonemeFrame {
            features: mix(&old.features, &new.features, share),
            probabilities: mix(&old.probabilities, &new.probabilities, share),
        }
    }
}

/// `share` of the second's numbers, the rest of the first's.
pub(crate) fn mix(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        assert!(PhonemeNetwork::new(LENGTH.shortest).is_ok());
    }
}
