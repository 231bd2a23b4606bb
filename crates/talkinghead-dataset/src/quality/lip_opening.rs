//! How far a mouth should open to a sound: a linear model of short spectra, enough to tell whether lips and sound belong
//! together. Learned by `tools/lip_opening.py` (card: `assets/models/lip_opening.md`).

use std::sync::OnceLock;

use realfft::RealFftPlanner;
use serde::Deserialize;

/// Spectral bands, evenly spaced in mel.
const BANDS: usize = 24;
/// Frames before and after that the model looks at.
const CONTEXT: usize = 6;
/// Samples of a spectrum, around the middle of a frame.
const WINDOW: usize = 1024;
/// Samples a frame lasts.
const PER_FRAME: usize = 640;
/// Range of the bands, hertz.
const RANGE: (f64, f64) = (80.0, 7600.0);

#[derive(Deserialize)]
struct Weights {
    bands: usize,
    context: usize,
    /// `[2 context + 1, bands]`
    weights: Vec<f64>,
}

const SHIPPED: &str = include_str!("../../../../assets/models/lip_opening.json");

/// The weights that ship with the program, read once.
#[expect(clippy::expect_used, reason = "the asset is compiled in and checked by a test")]
fn weights() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| parse(SHIPPED).expect("the shipped asset lip_opening.json is checked by a test"))
}

fn parse(text: &str) -> Result<Weights, serde_json::Error> {
    let weights: Weights = serde_json::from_str(text)?;
    let found = (weights.bands, weights.context, weights.weights.len());
    let wanted = (BANDS, CONTEXT, BANDS * (2 * CONTEXT + 1));
    if found != wanted {
        let message = format!("bands, context and weights must be {wanted:?}, found {found:?}");
        return Err(serde::de::Error::custom(message));
    }
    Ok(weights)
}

/// Opening of the mouth that a sound (16 kHz) lets expect, `frames` values, 25 a second; mean and scale say nothing.
pub fn expected_opening(samples: &[f32], frames: usize) -> Vec<f64> {
    let spectra = spectra(samples, frames);
    let weights = &weights().weights;
    let last = frames as i64 - 1;
    let term = |frame: usize, part: usize| {
        let at = (frame as i64 + part as i64 - CONTEXT as i64).clamp(0, last) as usize;
        spectra[at].iter().zip(&weights[part * BANDS..]).map(|(a, b)| a * b).sum::<f64>()
    };
    (0..frames).map(|frame| (0..=2 * CONTEXT).map(|part| term(frame, part)).sum()).collect()
}

/// Log energies of the bands for every frame, each band with mean 0 and deviation 1 over the clip.
fn spectra(samples: &[f32], frames: usize) -> Vec<[f64; BANDS]> {
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(WINDOW);
    let filters = filters();
    let hann = |i: usize| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / WINDOW as f64).cos();
    let mut buffer = fft.make_input_vec();
    let mut bins = fft.make_output_vec();
    let mut rows: Vec<[f64; BANDS]> = (0..frames)
        .map(|frame| {
            let start = (frame * PER_FRAME + PER_FRAME / 2) as i64 - WINDOW as i64 / 2;
            for (i, value) in buffer.iter_mut().enumerate() {
                let sample = usize::try_from(start + i as i64).ok().and_then(|at| samples.get(at));
                *value = sample.map_or(0.0, |&sample| f64::from(sample)) * hann(i);
            }
            // Of vectors of the planned lengths it never fails.
            let _ = fft.process(&mut buffer, &mut bins);
            std::array::from_fn(|band| {
                let (first, filter) = &filters[band];
                let power: f64 = filter.iter().zip(&bins[*first..]).map(|(weight, bin)| weight * bin.norm_sqr()).sum();
                (power + 1e-4).ln()
            })
        })
        .collect();
    for band in 0..BANDS {
        let mean = rows.iter().map(|row| row[band]).sum::<f64>() / frames.max(1) as f64;
        let variance = rows.iter().map(|row| (row[band] - mean).powi(2)).sum::<f64>() / frames.max(1) as f64;
        rows.iter_mut().for_each(|row| row[band] = (row[band] - mean) / variance.sqrt().max(0.3));
    }
    rows
}

/// Triangles over the bins of a spectrum: the first bin and the weights from there on.
fn filters() -> Vec<(usize, Vec<f64>)> {
    let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let (low, high) = (mel(RANGE.0), mel(RANGE.1));
    let edge = |i: usize| hertz(low + (high - low) * i as f64 / (BANDS + 1) as f64);
    let at = |bin: usize| bin as f64 * 16_000.0 / WINDOW as f64;
    (0..BANDS)
        .map(|band| {
            let (left, middle, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin| ((at(bin) - left) / (middle - left)).min((right - at(bin)) / (right - middle));
            let bins: Vec<usize> = (0..=WINDOW / 2).filter(|&bin| weight(bin) > 0.0).collect();
            (bins.first().copied().unwrap_or(0), bins.into_iter().map(weight).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_are_whole() {
        assert!(parse(SHIPPED).is_ok());
        assert!(parse(r#"{"bands": 1, "context": 1, "weights": [0.5]}"#).is_err());
    }

    #[test]
    fn it_is_the_model_that_was_learned() {
        // The training script's own answer to this sound.
        let sound: Vec<f32> =
            (0..48_000).map(|i| ((f64::from(i) * 0.05).sin() * (f64::from(i) * 0.0004).sin().abs()) as f32).collect();
        let opening = expected_opening(&sound, 75);
        for (frame, wanted) in [(0, 0.1553), (10, -0.1022), (37, 0.1558), (60, -0.0454), (74, 2.2238)] {
            assert!((opening[frame] - wanted).abs() < 2e-3, "{frame}: {} {wanted}", opening[frame]);
        }
    }

    #[test]
    fn short_and_silent_sounds_are_no_error() {
        assert!(expected_opening(&[], 0).is_empty());
        assert!(expected_opening(&[0.0; 10], 3).iter().all(|value| value.is_finite()));
    }
}
