//! Does the sound fit the lips, and if not, by how much is it off?
//!
//! The mouth's opening over time is compared with the one that the sound lets expect ([`super::expected_opening`]), shifted step
//! by step. Where the best shift stands out clearly, the offset is sure.

use serde::{Deserialize, Serialize};
use talkinghead_face::HannWindow;

/// Largest shift that is tried, in frames of 40 ms.
const REACH: i64 = 15;
/// Window of what counts as a slow drift, in frames.
const DRIFT_WINDOW: usize = 51;
/// Shortest stretch that may say anything, in frames.
const LEAST_FRAMES: usize = 50;

/// What was found about sound and lips.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SyncEstimate {
    /// How far the sound lies from the lips, in milliseconds: positive = the sound comes too late.
    pub offset_ms: f64,
    /// Correlation of mouth opening and sound at that offset, -1..1.
    pub correlation: f64,
    /// Correlation without a shift.
    pub correlation_unshifted: f64,
    /// How far the best correlation stands above the best of the shifts that are far from it.
    pub margin: f64,
    /// Whether the offset may be trusted.
    pub sure: bool,
}

impl SyncEstimate {
    /// Least correlation of a sure offset.
    pub const LEAST_CORRELATION: f64 = 0.4;
    /// Least margin of a sure offset.
    pub const LEAST_MARGIN: f64 = 0.2;

    /// Nothing could be said.
    pub const UNKNOWN: Self = Self { offset_ms: 0.0, correlation: 0.0, correlation_unshifted: 0.0, margin: 0.0, sure: false };

    /// Compares the mouth's opening with the expected one, both 25 values a second of one clip.
    pub fn of(opening: &[f64], expected: &[f64]) -> Self {
        let count = opening.len().min(expected.len());
        if count < LEAST_FRAMES {
            return Self::UNKNOWN;
        }
        let opening = movement(&opening[..count]);
        let expected = movement(&expected[..count]);
        let reach = REACH.min(count as i64 / 3);
        let correlations: Vec<f64> = (-reach..=reach).map(|shift| correlation_at(&opening, &expected, shift)).collect();
        let best = (0..correlations.len()).max_by(|&a, &b| correlations[a].total_cmp(&correlations[b])).unwrap_or(0);
        let elsewhere = correlations.iter().enumerate().filter(|(index, _)| index.abs_diff(best) > 4).map(|(_, &value)| value);
        let margin = correlations[best] - elsewhere.fold(-1.0, f64::max);
        let at_the_edge = best == 0 || best + 1 == correlations.len();
        let shift = (best as i64 - reach) as f64 + if at_the_edge { 0.0 } else { vertex(&correlations[best - 1..=best + 1]) };
        Self {
            offset_ms: shift * 40.0,
            correlation: correlations[best],
            correlation_unshifted: correlations[reach as usize],
            margin,
            sure: !at_the_edge && correlations[best] >= Self::LEAST_CORRELATION && margin >= Self::LEAST_MARGIN,
        }
    }
}

/// Slow drifts removed (the mouth's rest changes with the head, the loudness with the microphone), the rest at unit variance.
fn movement(signal: &[f64]) -> Vec<f64> {
    // The largest window that fits into a short signal.
    let drift = HannWindow::new(DRIFT_WINDOW.min(signal.len())).smooth(signal);
    let mut moved: Vec<f64> = signal.iter().zip(&drift).map(|(a, b)| a - b).collect();
    let mean = moved.iter().sum::<f64>() / moved.len() as f64;
    let deviation = (moved.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / moved.len() as f64).sqrt().max(1e-9);
    moved.iter_mut().for_each(|value| *value = ((*value - mean) / deviation).clamp(-3.0, 3.0));
    moved
}

/// Correlation of `opening[t]` with `expected[t + shift]` where both exist.
fn correlation_at(opening: &[f64], expected: &[f64], shift: i64) -> f64 {
    let count = opening.len() as i64;
    let (from, to) = (0.max(-shift), count.min(count - shift));
    let pairs = (from..to).map(|t| (opening[t as usize], expected[(t + shift) as usize]));
    let n = (to - from).max(1) as f64;
    let (sum_a, sum_b) = pairs.clone().fold((0.0, 0.0), |(x, y), (a, b)| (x + a, y + b));
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut both, mut one, mut other) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        both += (a - mean_a) * (b - mean_b);
        one += (a - mean_a).powi(2);
        other += (b - mean_b).powi(2);
    }
    both / (one * other).sqrt().max(1e-9)
}

/// Where a parabola through three neighbouring values has its top, relative to the middle one.
fn vertex(values: &[f64]) -> f64 {
    let curvature = values[0] - 2.0 * values[1] + values[2];
    if curvature.abs() < 1e-9 { 0.0 } else { (0.5 * (values[0] - values[2]) / curvature).clamp(-0.5, 0.5) }
}

/// Sound moved by an offset: positive takes the sound earlier, as a too late one needs. Same length, silence at the end
/// that opens.
pub fn moved_earlier(samples: &[f32], offset_ms: f64) -> Vec<f32> {
    let shift = (offset_ms * 16.0).round() as i64;
    let count = samples.len() as i64;
    (0..count).map(|at| usize::try_from(at + shift).ok().and_then(|at| samples.get(at)).copied().unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syllables(frames: usize, delay: f64) -> Vec<f64> {
        (0..frames)
            .map(|frame| {
                let t = frame as f64 - delay;
                (0.61 * t).sin() + 0.7 * (0.37 * t + 1.0).sin() + 0.6 * (1.13 * t).sin() + 0.4 * (0.83 * t + 2.0).sin()
            })
            .collect()
    }

    #[test]
    fn a_known_delay_is_found() {
        for delay in [-6.0, -2.5, 0.0, 1.0, 7.5] {
            let estimate = SyncEstimate::of(&syllables(150, 0.0), &syllables(150, delay));
            assert!((estimate.offset_ms - delay * 40.0).abs() < 12.0, "{delay}: {estimate:?}");
            assert!(estimate.sure, "{delay}: {estimate:?}");
        }
    }

    #[test]
    fn unrelated_movement_is_not_sure() {
        let mut seed = 1_u64;
        let mut noise = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / f64::from(1 << 24)
        };
        let sure = (0..40)
            .filter(|_| {
                let one: Vec<f64> = (0..100).map(|_| noise()).collect();
                let other: Vec<f64> = (0..100).map(|_| noise()).collect();
                SyncEstimate::of(&one, &other).sure
            })
            .count();
        assert!(sure <= 1, "{sure} of 40");
        assert!(!SyncEstimate::of(&[0.0; 20], &[0.0; 20]).sure);
        assert!(!SyncEstimate::of(&[1.0; 90], &[0.0; 90]).sure);
    }

    #[test]
    fn sound_is_moved_and_keeps_its_length() {
        let sound: Vec<f32> = (0..1600).map(|i| i as f32).collect();
        let earlier = moved_earlier(&sound, 10.0);
        assert_eq!((earlier.len(), earlier[0], earlier[1599]), (1600, 160.0, 0.0));
        assert_eq!(moved_earlier(&sound, -10.0)[160], 0.0);
    }
}
