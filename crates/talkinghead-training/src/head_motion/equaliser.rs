//! Brings one speaker's movement to the spectrum of people in free speech.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

/// Upper bounds of the bands in hertz, and their middles.
const BANDS: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 12.5];
const MIDDLES: [f64; 5] = [0.25, 0.75, 1.5, 3.0, 6.0];
/// Frames of a window in which shares are measured (8 s).
const WINDOW: usize = 200;
const RATE: f64 = 25.0;

/// Shares of the bands in the movement of people in free speech, medians over windows of 8 s of 19 people's clips; yaw,
/// pitch, roll. The bands from 1 Hz on are raised (1.2 times the power, from 2 Hz on 1.7 times): joining pieces and limiting steps
/// takes about as much away again.
pub const FREE_SPEECH: [[f64; 5]; 3] = [
    [0.6295, 0.1634, 0.1073, 0.0457, 0.0034],
    [0.7520, 0.1460, 0.0750, 0.0439, 0.0051],
    [0.7940, 0.1380, 0.0496, 0.0186, 0.0017],
];

/// Median shares of the bands over windows of a curve, through a Hann window.
pub fn shares<'a>(curves: impl Iterator<Item = &'a [f64]>) -> [f64; 5] {
    let forward = RealFftPlanner::<f64>::new().plan_fft_forward(WINDOW);
    let mut seen: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::new());
    for window in curves.flat_map(|curve| curve.as_chunks::<WINDOW>().0) {
        let mean = window.iter().sum::<f64>() / WINDOW as f64;
        let hann = |k: usize| 0.5 - 0.5 * (std::f64::consts::TAU * k as f64 / (WINDOW - 1) as f64).cos();
        let mut input: Vec<f64> = window.iter().enumerate().map(|(k, v)| (v - mean) * hann(k)).collect();
        let mut spectrum = forward.make_output_vec();
        if forward.process(&mut input, &mut spectrum).is_err() {
            continue;
        }
        let mut power = [0.0; 5];
        for (k, value) in spectrum.iter().enumerate().skip(1) {
            power[band(k as f64 * RATE / WINDOW as f64)] += value.norm_sqr();
        }
        let total: f64 = power.iter().sum::<f64>().max(1e-12);
        seen.iter_mut().zip(power).for_each(|(seen, power)| seen.push(power / total));
    }
    seen.map(|mut values| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.2).max(1e-6)
    })
}

fn band(hertz: f64) -> usize {
    BANDS.iter().position(|upper| hertz <= *upper).unwrap_or(4)
}

/// Factors on the amplitude in the middle of each band.
pub fn gains(found: [f64; 5], wanted: [f64; 5]) -> [f64; 5] {
    let (all_found, all_wanted) = (found.iter().sum::<f64>(), wanted.iter().sum::<f64>());
    std::array::from_fn(|k| (wanted[k] / all_wanted / (found[k] / all_found)).sqrt().clamp(0.25, 4.0))
}

/// A curve with each frequency multiplied by its factor; it is mirrored at its end, so that nothing leaks around.
pub fn equalise(curve: &[f64], gains: &[f64; 5]) -> Vec<f64> {
    let length = 2 * curve.len();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let mut mirrored: Vec<f64> = curve.iter().chain(curve.iter().rev()).copied().collect();
    let mut spectrum: Vec<Complex<f64>> = forward.make_output_vec();
    let mut result = vec![0.0; length];
    if forward.process(&mut mirrored, &mut spectrum).is_err() {
        return curve.to_vec();
    }
    for (k, value) in spectrum.iter_mut().enumerate() {
        *value *= gain(k as f64 * RATE / length as f64, gains) / length as f64;
    }
    if inverse.process(&mut spectrum, &mut result).is_err() {
        return curve.to_vec();
    }
    result.truncate(curve.len());
    result
}

/// Between the middles of bands: linear in the log of the frequency.
fn gain(hertz: f64, gains: &[f64; 5]) -> f64 {
    let Some(above) = MIDDLES.iter().position(|middle| *middle > hertz) else { return gains[4] };
    let Some(below) = above.checked_sub(1) else { return gains[0] };
    let part = (hertz / MIDDLES[below]).ln() / (MIDDLES[above] / MIDDLES[below]).ln();
    gains[below] + part * (gains[above] - gains[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_those_wanted() {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        let mut level = 0.0;
        let curve: Vec<f64> = (0..20_000)
            .map(|_| {
                level = 0.95 * level + noise();
                level
            })
            .collect();
        let found = shares(std::iter::once(curve.as_slice()));
        let wanted = [0.4, 0.3, 0.2, 0.07, 0.03];
        let changed = equalise(&curve, &gains(found, wanted));
        let after = shares(std::iter::once(changed.as_slice()));
        let total: f64 = after.iter().sum();
        for (after, wanted) in after.iter().zip(wanted) {
            assert!((after / total / wanted - 1.0).abs() < 0.45, "{after} {wanted}");
        }
        assert_eq!(equalise(&curve, &[1.0; 5]).len(), curve.len());
        assert!(equalise(&curve, &[1.0; 5]).iter().zip(&curve).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
