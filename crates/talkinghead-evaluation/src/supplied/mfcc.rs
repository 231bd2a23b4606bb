//! Mel-frequency cepstra as the package `python_speech_features` makes them with its defaults, which SyncNet's public code uses.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Numbers of a window.
pub const CEPSTRA: usize = 13;
const WINDOW: usize = 400;
const HOP: usize = 160;
const TRANSFORM: usize = 512;
const BANDS: usize = 26;
const SAMPLE_RATE: f64 = 16_000.0;
const EMPHASIS: f64 = 0.97;
const LIFTER: f64 = 22.0;

/// Cuts a stream of 16 kHz into windows of 25 ms every 10 ms and takes each one's cepstra; samples -1..1, rounded to 16 bits first.
pub struct Mfcc {
    transform: Arc<dyn RealToComplex<f64>>,
    bands: Vec<[usize; 3]>,
    pending: Vec<f64>,
    before: Option<f64>,
    samples: usize,
    windows: Vec<[f32; CEPSTRA]>,
}

impl Default for Mfcc {
    fn default() -> Self {
        let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
        let edge = |k: usize| {
            let hertz = 700.0 * (10_f64.powf(mel(SAMPLE_RATE / 2.0) * k as f64 / (BANDS + 1) as f64 / 2595.0) - 1.0);
            ((TRANSFORM + 1) as f64 * hertz / SAMPLE_RATE).floor() as usize
        };
        Self {
            transform: RealFftPlanner::<f64>::new().plan_fft_forward(TRANSFORM),
            bands: (0..BANDS).map(|k| [edge(k), edge(k + 1), edge(k + 2)]).collect(),
            pending: Vec::new(),
            before: None,
            samples: 0,
            windows: Vec::new(),
        }
    }
}

impl Mfcc {
    /// Takes samples.
    pub fn push(&mut self, samples: &[f32]) {
        for sample in samples {
            let sample = f64::from((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0));
            self.pending.push(sample - EMPHASIS * self.before.unwrap_or(0.0));
            self.before = Some(sample);
        }
        self.samples += samples.len();
        let mut start = 0;
        while start + WINDOW <= self.pending.len() {
            let window = self.of_window(&self.pending[start..start + WINDOW]);
            self.windows.push(window);
            start += HOP;
        }
        self.pending.drain(..start);
    }

    /// The windows, the last one filled up with zeros, and the number of samples.
    pub fn finish(mut self) -> (Vec<[f32; CEPSTRA]>, usize) {
        // What the next window would have beyond the one before.
        let covered = if self.windows.is_empty() { 0 } else { WINDOW - HOP };
        if self.pending.len() > covered {
            self.pending.resize(WINDOW, 0.0);
            let window = self.of_window(&self.pending);
            self.windows.push(window);
        }
        (self.windows, self.samples)
    }

    fn of_window(&self, window: &[f64]) -> [f32; CEPSTRA] {
        let mut input = self.transform.make_input_vec();
        let mut spectrum: Vec<Complex<f64>> = self.transform.make_output_vec();
        input.iter_mut().zip(window).for_each(|(to, from)| *to = *from);
        let done = self.transform.process(&mut input, &mut spectrum);
        debug_assert!(done.is_ok(), "lengths are the plan's own: {done:?}");
        let power: Vec<f64> = spectrum.iter().map(|s| s.norm_sqr() / TRANSFORM as f64).collect();
        let or_least = |value: f64| if value == 0.0 { f64::EPSILON } else { value };
        let band = |&[low, middle, high]: &[usize; 3]| {
            let rising = (low..middle).map(|k| power[k] * (k - low) as f64 / (middle - low) as f64);
            let falling = (middle..high).map(|k| power[k] * (high - k) as f64 / (high - middle) as f64);
            or_least(rising.chain(falling).sum()).ln()
        };
        let levels: Vec<f64> = self.bands.iter().map(band).collect();
        let mut cepstra: [f32; CEPSTRA] = std::array::from_fn(|k| {
            let turn = |band: usize| (std::f64::consts::PI * k as f64 * (2 * band + 1) as f64 / (2 * BANDS) as f64).cos();
            let sum: f64 = levels.iter().enumerate().map(|(band, level)| level * turn(band)).sum();
            let scale = if k == 0 { 1.0 / BANDS as f64 } else { 2.0 / BANDS as f64 }.sqrt();
            let lift = 1.0 + LIFTER / 2.0 * (std::f64::consts::PI * k as f64 / LIFTER).sin();
            (sum * scale * lift) as f32
        });
        cepstra[0] = or_least(power.iter().sum()).ln() as f32;
        cepstra
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_the_stream_however_it_is_cut() {
        let sound: Vec<f32> = (0..5000).map(|k| 0.3 * (k as f32 * 0.07).sin() + 0.1 * (k as f32 * 0.9).cos()).collect();
        let whole = |pieces: usize| {
            let mut mfcc = Mfcc::default();
            sound.chunks(pieces).for_each(|piece| mfcc.push(piece));
            mfcc.finish()
        };
        let (windows, samples) = whole(5000);
        // 1 + ceil((5000 - 400) / 160)
        assert_eq!((windows.len(), samples), (30, 5000));
        assert_eq!(whole(37).0, windows);
        let mut exact = Mfcc::default();
        exact.push(&sound[..400 + 160]);
        assert_eq!(exact.finish().0.len(), 2);
        let mut short = Mfcc::default();
        short.push(&sound[..10]);
        assert_eq!(short.finish().0.len(), 1);
    }
}
