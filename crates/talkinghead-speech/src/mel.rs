//! Log-mel spectra, 100 a second, from a stream of samples.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};

/// Bands of a mel spectrum, 0 to 8000 Hz on Slaney's scale.
pub const MEL_BANDS: usize = 80;
const WINDOW: usize = 400;
const HOP: usize = 160;
/// Power below this is noise, whatever the recording (speech at rms 0.07 has bands of 1e-2 to 1).
const FLOOR: f32 = 1e-5;

/// Cuts a stream into windows of 400 samples (Hann) every 160; window i is centred on sample 160 i.
pub(crate) struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<Band>,
    pending: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    floor: f32,
}

struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl LogMel {
    pub(crate) fn new() -> Self {
        Self::with_floor(FLOOR)
    }

    /// `floor`: power that every band has at least.
    pub(crate) fn with_floor(floor: f32) -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let turn = |i: usize| (std::f32::consts::TAU * i as f32 / WINDOW as f32).cos();
        Self {
            window: (0..WINDOW).map(|i| 0.5 - 0.5 * turn(i)).collect(),
            bands: bands(),
            pending: vec![0.0; WINDOW / 2],
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            floor,
            fft,
        }
    }

    /// Takes samples, gives the windows that are complete. The last ones need 200 samples more than the recording has:
    /// push zeros.
    pub(crate) fn push(&mut self, samples: &[f32], mut give: impl FnMut([f32; MEL_BANDS])) {
        self.pending.extend_from_slice(samples);
        let (mut start, floor) = (0, self.floor);
        while start + WINDOW <= self.pending.len() {
            for (to, (sample, weight)) in self.input.iter_mut().zip(self.pending[start..].iter().zip(&self.window)) {
                *to = sample * weight;
            }
            let done = self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch);
            debug_assert!(done.is_ok(), "lengths are the plan's own: {done:?}");
            give(std::array::from_fn(|k| {
                let band = &self.bands[k];
                let power: f32 = band.weights.iter().zip(&self.spectrum[band.first..]).map(|(w, s)| w * s.norm_sqr()).sum();
                (power + floor).ln()
            }));
            start += HOP;
        }
        self.pending.drain(..start);
    }
}

fn slaney_to_hertz(mel: f32) -> f32 {
    const STEP: f32 = 200.0 / 3.0;
    let log_step = 6.4f32.ln() / 27.0;
    if mel < 15.0 { mel * STEP } else { 1000.0 * ((mel - 15.0) * log_step).exp() }
}

fn bands() -> Vec<Band> {
    let highest = 15.0 + (8.0f32).ln() / (6.4f32.ln() / 27.0);
    let edge = |k: usize| slaney_to_hertz(highest * k as f32 / (MEL_BANDS + 1) as f32);
    (0..MEL_BANDS)
        .map(|k| {
            let (low, middle, high) = (edge(k), edge(k + 1), edge(k + 2));
            let weight = |bin: usize| {
                let hertz = bin as f32 * 16_000.0 / WINDOW as f32;
                ((hertz - low) / (middle - low)).min((high - hertz) / (high - middle)).max(0.0) * 2.0 / (high - low)
            };
            let bins: Vec<usize> = (0..=WINDOW / 2).filter(|&bin| weight(bin) > 0.0).collect();
            let first = bins.first().copied().unwrap_or(0);
            Band { first, weights: bins.iter().map(|&bin| weight(bin)).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lights_its_band() {
        let mut mel = LogMel::new();
        let tone: Vec<f32> = (0..8000).map(|i| 0.1 * (std::f32::consts::TAU * 1000.0 * i as f32 / 16_000.0).sin()).collect();
        let mut frames = Vec::new();
        for block in tone.chunks(777) {
            mel.push(block, |frame| frames.push(frame));
        }
        assert_eq!(frames.len(), (8000 - 200) / 160 + 1);
        let loudest = (0..MEL_BANDS).max_by(|&a, &b| frames[20][a].total_cmp(&frames[20][b]));
        // 1000 Hz is mel 15 of 45.2 in 81 steps.
        assert!((25..=27).contains(&loudest.unwrap_or(0)), "{loudest:?}");
        assert!(bands().iter().all(|band| !band.weights.is_empty()));
    }
}
