//! Noise with the power spectrum of real heads, in overlapping blocks: no drift over hours, no seam, little memory.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::{Angle, Angles};
use crate::random::Noise;
use talkinghead_media::FRAME_RATE;

/// Frames in a block (41 s) and between block starts. Windows are sines: their squares add up to one, so the power is the
/// same everywhere.
const BLOCK: usize = 1024;
const HOP: usize = BLOCK / 2;
/// Between slow and fast movement, Hz.
const SPLIT: f32 = 0.5;
/// Slower movement than this would be drift, Hz.
const SLOWEST: f32 = 0.05;

/// Power by frequency of yaw, pitch and roll (any unit; only the form matters).
pub(super) struct Spectrum {
    hertz: [f32; 10],
    power: [[f32; 10]; 3],
}

impl Spectrum {
    /// Measured on people who speak freely to a camera.
    pub(super) const REAL_HEADS: Self = Self {
        hertz: [0.1, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0],
        power: [
            [1.23, 1.54, 0.68, 0.37, 0.31, 0.11, 0.05, 0.025, 0.006, 0.002],
            [1.39, 1.51, 0.77, 0.34, 0.12, 0.10, 0.04, 0.026, 0.005, 0.001],
            [1.32, 1.71, 1.05, 0.29, 0.14, 0.04, 0.026, 0.006, 0.003, 0.0004],
        ],
    };

    fn at(&self, axis: usize, hertz: f32) -> f32 {
        let (x, y) = (&self.hertz, &self.power[axis]);
        let above = x.iter().position(|h| *h > hertz).unwrap_or(x.len());
        if above == 0 {
            return y[0];
        }
        if above == x.len() {
            return y[x.len() - 1] * (x[x.len() - 1] / hertz).powi(4);
        }
        let part = (hertz / x[above - 1]).ln() / (x[above] / x[above - 1]).ln();
        (y[above - 1].ln() + part * (y[above] / y[above - 1]).ln()).exp()
    }
}

/// Which part of the spectrum.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Band {
    /// Under half a hertz: where the head is held.
    Slow,
    /// Above: gestures of the head.
    Fast,
}

impl Band {
    /// Smooth weights that add up to one between the bands.
    fn weight(self, hertz: f32) -> f32 {
        let slow = 1.0 / (1.0 + (hertz / SPLIT).powi(8));
        match self {
            Self::Slow if hertz < SLOWEST => 0.0,
            Self::Slow => slow,
            // Generated fast movement looks too nervous at full power; above 6 Hz there is only measuring noise.
            Self::Fast => 0.5 * (1.0 - slow) * (-(hertz / 6.0).powi(4)).exp(),
        }
    }
}

/// Three independent angles; the two bands of one spectrum add up to variance near 1.
pub(super) fn angles(spectrum: &Spectrum, band: Band, count: usize, noise: &mut Noise) -> Angles {
    std::array::from_fn(|axis| {
        let area: f32 = bins().map(|hertz| spectrum.at(axis, hertz)).sum();
        let power: Vec<f32> = bins().map(|hertz| spectrum.at(axis, hertz) * band.weight(hertz) / area).collect();
        random_phases(&power, count, noise)
    })
}

/// Noise under half a hertz with variance 1.
pub(super) fn unit_noise(count: usize, noise: &mut Noise) -> Vec<f32> {
    let power: Vec<f32> = bins().map(|hertz| Band::Slow.weight(hertz)).collect();
    let area: f32 = power.iter().sum();
    random_phases(&power.iter().map(|p| p / area).collect::<Vec<_>>(), count, noise)
}

/// Frequencies of a block's bins without the constant.
fn bins() -> impl Iterator<Item = f32> {
    (1..=BLOCK / 2).map(|k| k as f32 * FRAME_RATE as f32 / BLOCK as f32)
}

/// Noise whose variance is the sum of `power` (one value a bin).
fn random_phases(power: &[f32], count: usize, noise: &mut Noise) -> Angle {
    let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(BLOCK);
    let mut spectrum = inverse.make_input_vec();
    let mut block = inverse.make_output_vec();
    let mut scratch = inverse.make_scratch_vec();
    let mut curve = vec![0.0; count];
    let mut start = -(HOP as isize);
    while start < count as isize {
        for (k, power) in power.iter().enumerate() {
            // A cosine of amplitude a has variance a^2 / 2; the inverse transform doubles each bin.
            let amplitude = (0.5 * power).sqrt();
            let phase = noise.uniform(0.0, std::f32::consts::TAU);
            spectrum[k + 1] = Complex::from_polar(amplitude, phase);
        }
        spectrum[0] = Complex::new(0.0, 0.0);
        spectrum[BLOCK / 2].im = 0.0;
        if inverse.process_with_scratch(&mut spectrum, &mut block, &mut scratch).is_err() {
            // Lengths fit by construction.
            block.fill(0.0);
        }
        for (k, value) in block.iter().enumerate() {
            let at = start + k as isize;
            if let Some(sum) = usize::try_from(at).ok().and_then(|at| curve.get_mut(at)) {
                *sum += value * (std::f32::consts::PI * (k as f32 + 0.5) / BLOCK as f32).sin();
            }
        }
        start += HOP as isize;
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;
    use crate::rhythm::mean_and_deviation;

    #[test]
    fn the_power_is_as_asked_for_and_evenly_spread() {
        let mut noise = Noise::new(5, Purpose::HeadMotion);
        let curve = unit_noise(100_000, &mut noise);
        let (mean, deviation) = mean_and_deviation(&curve);
        assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
        for part in curve.chunks(20_000) {
            let (mean, deviation) = mean_and_deviation(part);
            assert!(mean.abs() < 0.1 && (deviation - 1.0).abs() < 0.15, "{mean} {deviation}");
        }
    }

    #[test]
    fn the_spectrum_passes_through_its_table() {
        let spectrum = Spectrum::REAL_HEADS;
        assert!((spectrum.at(0, 1.0) - 0.31).abs() < 1e-4 && (spectrum.at(2, 0.02) - 1.32).abs() < 1e-4);
        assert!(spectrum.at(1, 0.9) < 0.34 && spectrum.at(1, 0.9) > 0.12);
    }
}
