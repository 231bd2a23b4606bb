//! Smoothing over time with a Hann window, as the reference does it (SPEC-data, sections 10 and 13).

/// How the full convolution is cut back to the signal's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// Not at all: `n + w - 1` values.
    None,
    /// Symmetric: value `i` is centred on sample `i`.
    Symmetric,
    /// The reference's head-motion tool: value `i` is centred on sample `i - 1`.
    LateByOne,
}

/// A Hann window of `width` samples (its two ends are zero), scaled to sum 1.
pub fn hann(width: usize) -> Vec<f64> {
    if width < 3 {
        return vec![1.0 / width.max(1) as f64; width];
    }
    let window: Vec<f64> =
        (0..width).map(|i| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / (width - 1) as f64).cos()).collect();
    let sum: f64 = window.iter().sum();
    window.into_iter().map(|value| value / sum).collect()
}

/// The signal convolved with a Hann window, mirrored at both ends without repeating the end sample.
///
/// `width` must be odd; a signal shorter than the window is smoothed with the largest odd window that fits, so that no
/// length is an error.
pub fn smooth(signal: &[f64], width: usize, trim: Trim) -> Vec<f64> {
    let count = signal.len();
    let largest = if count % 2 == 1 { count } else { count.saturating_sub(1) };
    let width = width.min(largest);
    if width < 3 {
        return signal.to_vec();
    }
    let window = hann(width);
    let reach = width - 1;
    let mut padded: Vec<f64> = Vec::with_capacity(count + 2 * reach);
    padded.extend(signal[1..=reach].iter().rev());
    padded.extend(signal);
    padded.extend(signal[count - 1 - reach..count - 1].iter().rev());
    // The window is symmetric, so correlation and convolution agree.
    let full: Vec<f64> =
        padded.windows(width).map(|part| part.iter().zip(&window).map(|(&x, &w): (&f64, &f64)| x * w).sum()).collect();
    let half = reach / 2;
    match trim {
        Trim::None => full,
        Trim::Symmetric => full[half..half + count].to_vec(),
        Trim::LateByOne => full[half - 1..half - 1 + count].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_and_a_short_signal_is_no_error() {
        for count in 0..12 {
            let smoothed = smooth(&vec![3.0; count], 11, Trim::Symmetric);
            assert_eq!(smoothed.len(), count);
            assert!(smoothed.iter().all(|value| (value - 3.0).abs() < 1e-12));
        }
        assert_eq!(smooth(&[0.0; 25], 11, Trim::None).len(), 35);
    }

    #[test]
    fn a_peak_stays_in_its_place() {
        let mut signal = vec![0.0; 31];
        signal[15] = 1.0;
        let peak = |trim| {
            let smoothed = smooth(&signal, 11, trim);
            (0..31).max_by(|&a, &b| smoothed[a].total_cmp(&smoothed[b]))
        };
        assert_eq!(peak(Trim::Symmetric), Some(15));
        assert_eq!(peak(Trim::LateByOne), Some(16));
    }
}
