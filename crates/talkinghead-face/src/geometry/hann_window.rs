//! Smoothing over time with a Hann window (SPEC-data, sections 3, 10 and 13): the one implementation for crops, driving
//! landmarks and the lips' slow drifts.

/// A Hann window of an odd number of samples with sum 1; its two ends are zero.
#[derive(Clone, Debug, PartialEq)]
pub struct HannWindow {
    /// Weights from the middle outwards.
    weights: Vec<f64>,
}

impl HannWindow {
    /// The window of `width` samples; an even width counts as the odd one below it. A width under 3 changes nothing.
    pub fn new(width: usize) -> Self {
        let half = width.saturating_sub(1) / 2;
        let weight = |k: usize| 0.5 + 0.5 * (std::f64::consts::PI * k as f64 / half as f64).cos();
        let weights: Vec<f64> = if half == 0 { vec![1.0] } else { (0..=half).map(weight).collect() };
        let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        Self { weights: weights.into_iter().map(|weight| weight / sum).collect() }
    }

    /// The smoothed value at sample `centre`, which may lie beyond the ends: the signal of `count` samples is mirrored there
    /// without repeating the end samples. Zero without samples.
    pub fn at(&self, count: usize, sample: impl Fn(usize) -> f64, centre: i64) -> f64 {
        if count == 0 {
            return 0.0;
        }
        let mirrored = |at: i64| {
            let period = 2 * (count as i64 - 1).max(1);
            let at = at.rem_euclid(period);
            sample(at.min(period - at).min(count as i64 - 1) as usize)
        };
        // Both sides at once: a symmetric signal gives the same bits whichever way it is read.
        let sides = self.weights.iter().zip(0_i64..).skip(1);
        sides.fold(self.weights[0] * mirrored(centre), |sum, (weight, k)| {
            sum + weight * (mirrored(centre - k) + mirrored(centre + k))
        })
    }

    /// A signal smoothed, value `i` centred on sample `i`.
    pub fn smooth(&self, signal: &[f64]) -> Vec<f64> {
        (0..signal.len() as i64).map(|centre| self.at(signal.len(), |i| signal[i], centre)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_whatever_the_lengths() {
        for count in 0..12 {
            for width in 0..14 {
                let smoothed = HannWindow::new(width).smooth(&vec![3.0; count]);
                assert_eq!(smoothed.len(), count);
                assert!(smoothed.iter().all(|value| (value - 3.0).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn a_peak_stays_in_its_place_and_keeps_its_sum() {
        let mut signal = vec![0.0; 31];
        signal[15] = 1.0;
        let smoothed = HannWindow::new(11).smooth(&signal);
        assert_eq!((0..31).max_by(|&a, &b| smoothed[a].total_cmp(&smoothed[b])), Some(15));
        assert!((smoothed.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(smoothed[10].abs() < 1e-12 && smoothed[20].abs() < 1e-12, "the window's ends are zero");
    }

    /// The window of five, written out: half of the sample and a quarter of each neighbour, bit for bit.
    #[test]
    fn five_samples_are_a_half_and_two_quarters() {
        let signal: Vec<f64> = (0..9).map(|i| (f64::from(i) * 1.7).sin() * 131.3).collect();
        let smoothed = HannWindow::new(5).smooth(&signal);
        for (i, value) in smoothed.iter().enumerate() {
            let before = signal[if i == 0 { 1 } else { i - 1 }];
            let after = signal[if i == 8 { 7 } else { i + 1 }];
            assert_eq!(*value, 0.5 * signal[i] + 0.25 * (before + after));
        }
    }
}
