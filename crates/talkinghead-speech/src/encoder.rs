//! Whisper's encoder: what a large model of speech in many languages and noises makes of a sound, as features.

use std::f32::consts::LN_10;

use talkinghead_onnx::OnnxPlan;

use crate::SpeechError;
use crate::mel::{LogMel, MEL_BANDS};
use crate::phonemes::mix;
use crate::windows::{Listener, NETWORK_HOP, WindowLength, WindowStream};

/// Features of the speech encoder per frame.
pub const ENCODER_FEATURES: usize = 384;

/// Windows of 10 s, a new one every 8 s: attention over longer ones costs memory and adds nothing to lips.
const LENGTH: WindowLength = WindowLength { shortest: 16_000, longest: 160_000, step: 128_000 };
/// Silence after a window, without which the last frames drift: 1 s.
const SILENCE_AFTER: usize = 16_000;
/// Samples between two spectra.
const MEL_HOP: usize = 160;
/// Least power of a band.
const LEAST_POWER: f32 = 1e-10;
/// Bands this far below the window's loudest are raised to it, powers of ten.
const DYNAMIC_RANGE: f32 = 8.0;

/// Feeds a recording through the encoder; a frame is 384 numbers.
pub(crate) type EncoderStream = WindowStream<SpeechEncoder>;

impl EncoderStream {
    /// A stream for a recording of `total` samples (a multiple of 640).
    pub(crate) fn new(total: usize) -> Result<Self, SpeechError> {
        Self::of(total, LENGTH, SpeechEncoder::new)
    }
}

/// The encoder for windows of one length.
pub(crate) struct SpeechEncoder {
    plan: OnnxPlan,
    spectra: usize,
}

impl SpeechEncoder {
    /// For windows of so many samples.
    fn new(window: usize) -> Result<Self, SpeechError> {
        let onnx = include_bytes!("../../../assets/models/whisper_tiny_encoder.onnx");
        let spectra = (window + SILENCE_AFTER) / MEL_HOP;
        Ok(Self { plan: OnnxPlan::narrow("whisper_tiny_encoder", onnx, &[1, MEL_BANDS, spectra])?, spectra })
    }

    /// The spectra of a window as the encoder wants them, `[80, spectra]`.
    fn spectra(&self, window: &[f32]) -> Vec<f32> {
        let (mut mel, mut spectra) = (LogMel::with_floor(LEAST_POWER), Vec::with_capacity(self.spectra));
        mel.push(window, |spectrum| spectra.push(spectrum));
        // Beyond the last spectrum's middle, too.
        mel.push(&[0.0; SILENCE_AFTER + 2 * MEL_HOP], |spectrum| spectra.push(spectrum));
        spectra.truncate(self.spectra);
        let loudest = spectra.iter().flatten().copied().fold(f32::MIN, f32::max) / LN_10;
        let scaled = |band: f32| ((band / LN_10).max(loudest - DYNAMIC_RANGE) + 4.0) / 4.0;
        (0..MEL_BANDS).flat_map(|band| spectra.iter().map(move |spectrum| scaled(spectrum[band]))).collect()
    }
}

impl Listener for SpeechEncoder {
    type Frame = Vec<f32>;

    fn listen(&self, window: &[f32]) -> Result<Vec<Vec<f32>>, SpeechError> {
        let outputs = self.plan.run(&self.spectra(window))?;
        let features = outputs.first().ok_or_else(|| SpeechError::network("it has no output"))?;
        Ok(features.values.chunks_exact(ENCODER_FEATURES).take(window.len() / NETWORK_HOP).map(<[f32]>::to_vec).collect())
    }

    fn blend(old: &Vec<f32>, new: &Vec<f32>, share: f32) -> Vec<f32> {
        mix(old, new, share)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The same file's output of ONNX Runtime for the first four seconds, the spectra made in NumPy.
    #[test]
    fn features_are_those_of_another_runtime() {
        let bytes = include_bytes!("../tests/fixtures/jfk_16k_mono.wav");
        let sound = bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0);
        let window: Vec<f32> = sound.take(64_000).collect();
        let features = SpeechEncoder::new(window.len()).unwrap().listen(&window).unwrap();
        assert_eq!(features.len(), 200);
        let expected = [
            (10, [0.838, 0.593, -1.526, -0.908, -0.148, 0.105]),
            (60, [-0.992, -0.886, -2.193, -0.447, -0.882, 1.407]),
            (150, [1.102, 0.005, 0.101, -1.413, 0.276, 0.114]),
        ];
        for (frame, values) in expected {
            assert_eq!(features[frame].len(), ENCODER_FEATURES);
            for (value, expected) in features[frame].iter().zip(values) {
                assert!((value - expected).abs() < 5e-3, "{frame}: {:?}", &features[frame][..6]);
            }
        }
    }
}
