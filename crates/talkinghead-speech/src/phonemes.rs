//! The phoneme network, run in overlapping windows of one length so that memory stays flat.

use talkinghead_onnx::OnnxPlan;

use crate::SpeechError;

/// Features of the phoneme network per frame.
pub const PHONEME_FEATURES: usize = 256;
/// Tokens of the phoneme network.
pub(crate) const TOKENS: usize = 191;
/// Samples per frame of the network: 50 frames/s.
pub(crate) const NETWORK_HOP: usize = 320;

/// Longest window: 20 s. A shorter recording is one window.
const WINDOW: usize = 320_000;
/// Distance between windows: 16 s.
const STEP: usize = 256_000;
/// Shortest sound the network takes: 1 s.
const SHORTEST: usize = 16_000;
/// Silence on both sides of a sound shorter than [`SHORTEST`], without which the network hears nothing in it: half a second.
const SILENCE_AROUND: usize = 8_000;
/// Half the frames over which two windows are cross-faded, at the middle of their overlap.
const HALF_FADE: usize = 25;

/// One frame (20 ms) of the network's output.
#[derive(Clone, Debug)]
pub(crate) struct PhonemeFrame {
    /// `[256]`.
    pub features: Vec<f32>,
    /// `[191]` probabilities.
    pub probabilities: Vec<f32>,
}

/// Feeds a stream through the network, window by window.
pub(crate) struct PhonemeStream {
    plan: OnnxPlan,
    window: usize,
    /// Samples of the whole recording with the silence around it, a multiple of the hop.
    total: usize,
    /// Samples of silence on each side of the recording.
    around: usize,
    /// Samples from `start` on.
    samples: Vec<f32>,
    start: usize,
    /// Frames of the last window that are not given yet, from the frame `given` on.
    held: Vec<PhonemeFrame>,
    given: usize,
}

impl PhonemeStream {
    /// A stream for a recording of `total` samples (a multiple of 640).
    pub(crate) fn new(total: usize) -> Result<Self, SpeechError> {
        let around = if total < SHORTEST { SILENCE_AROUND } else { 0 };
        let total = total + 2 * around;
        let window = total.clamp(SHORTEST, WINDOW);
        Ok(Self { plan: plan(window)?, window, total, around, samples: vec![0.0; around], start: 0, held: Vec::new(), given: 0 })
    }

    /// Whether all frames were given: one for each 320 samples of the recording.
    pub(crate) fn is_done(&self) -> bool {
        self.given * NETWORK_HOP >= self.total
    }

    /// Takes the next samples of the recording, brought to speech loudness; gives frames as windows fill.
    pub(crate) fn push(&mut self, samples: &[f32], frames: &mut Vec<PhonemeFrame>) -> Result<(), SpeechError> {
        self.samples.extend_from_slice(samples);
        if self.around > 0 && self.samples.len() >= self.total - self.around {
            self.samples.resize(self.total, 0.0);
        }
        while !self.is_done() && self.start + self.samples.len() >= self.total.min(self.start + self.window) {
            if self.samples.len() < self.window {
                self.samples.resize(self.window, 0.0);
            }
            let fresh = run(&self.plan, &self.samples[..self.window])?;
            let first = self.start / NETWORK_HOP;
            let last_window = self.start + self.window >= self.total;
            let next_start = (self.start + STEP).min(self.total.saturating_sub(self.window));
            // Everything up to the fade into the next window leaves now.
            let end = if last_window { self.total } else { usize::midpoint(next_start, self.start + self.window) } / NETWORK_HOP;
            let until = if last_window { end } else { end - HALF_FADE };
            let fade_end = if self.held.is_empty() { 0 } else { self.given + 2 * HALF_FADE };
            let recording = self.around / NETWORK_HOP..(self.total - self.around) / NETWORK_HOP;
            for frame in (self.given..until).filter(|frame| recording.contains(frame)) {
                let new = fresh[frame - first].clone();
                frames.push(if frame < fade_end {
                    let old = &self.held[frame - self.given];
                    blend(old, &new, (frame - self.given + 1) as f32 / (2 * HALF_FADE + 1) as f32)
                } else {
                    new
                });
            }
            self.given = until;
            if !last_window {
                self.held = fresh[until - first..until - first + 2 * HALF_FADE].to_vec();
                self.samples.drain(..next_start - self.start);
                self.start = next_start;
            }
        }
        Ok(())
    }
}

/// The network for a window that moves on with a live stream.
pub(crate) struct LivePhonemes {
    plan: OnnxPlan,
}

impl LivePhonemes {
    /// For windows of so many samples, at least [`SHORTEST`].
    pub(crate) fn new(window: usize) -> Result<Self, SpeechError> {
        Ok(Self { plan: plan(window)? })
    }

    /// The window's frames, one for each 320 samples.
    pub(crate) fn run(&self, window: &[f32]) -> Result<Vec<PhonemeFrame>, SpeechError> {
        run(&self.plan, window)
    }
}

fn blend(old: &PhonemeFrame, new: &PhonemeFrame, share: f32) -> PhonemeFrame {
    let mix = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect();
    PhonemeFrame { features: mix(&old.features, &new.features), probabilities: mix(&old.probabilities, &new.probabilities) }
}

fn plan(samples: usize) -> Result<OnnxPlan, SpeechError> {
    let onnx = include_bytes!("../../../assets/models/phoneme_ctc.onnx");
    Ok(OnnxPlan::new("phoneme_ctc", onnx, &[1, samples])?)
}

fn run(plan: &OnnxPlan, samples: &[f32]) -> Result<Vec<PhonemeFrame>, SpeechError> {
    let outputs = plan.run(samples)?;
    let [log_probabilities, features, ..] = outputs.as_slice() else {
        return Err(SpeechError::network("it has too few outputs"));
    };
    let frames = log_probabilities.values.chunks_exact(TOKENS).zip(features.values.chunks_exact(PHONEME_FEATURES));
    Ok(frames.map(|(p, f)| PhonemeFrame { features: f.to_vec(), probabilities: p.iter().map(|l| l.exp()).collect() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_that_ships_loads() {
        assert!(plan(SHORTEST).is_ok());
    }
}
