//! Numbers about curves of one value a frame. Where two curves have different lengths, the common start counts.

/// Arithmetic mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Standard deviation (of the population); 0 of nothing.
pub fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    (values.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / values.len().max(1) as f64).sqrt()
}

/// Pearson's correlation, -1..1; `None` under three values or where a curve does not move.
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = a.len().min(b.len());
    if count < 3 {
        return None;
    }
    let (a, b) = (&a[..count], &b[..count]);
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut only_a, mut only_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        only_a += a * a;
        only_b += b * b;
    }
    let scale = (only_a * only_b).sqrt();
    (scale > 1e-12).then(|| both / scale)
}

/// Mean of `|a - b|`; `None` of nothing.
pub fn mean_absolute_difference(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = a.len().min(b.len());
    (count > 0).then(|| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / count as f64)
}

/// Gaps filled in a straight line between what is known on either side, and with the nearest value at the ends; `None` where
/// nothing is known.
pub fn filled(values: &[Option<f64>]) -> Option<Vec<f64>> {
    let known: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(k, value)| value.map(|v| (k, v))).collect();
    let (first, last) = (known.first()?, known.last()?);
    let mut next = 0;
    let at = |k: usize| {
        while next < known.len() && known[next].0 < k {
            next += 1;
        }
        if k <= first.0 {
            return first.1;
        }
        if k >= last.0 {
            return last.1;
        }
        let ((left, from), (right, to)) = (known[next - 1], known[next]);
        from + (to - from) * (k - left) as f64 / (right - left) as f64
    };
    Some((0..values.len()).map(at).collect())
}

/// A curve with the part taken out that a corpus' mean curve explains (least squares): for sentences of one fixed form, whose
/// openings correlate with each other whatever is said. The answer has the shorter of both lengths.
pub fn without_mean_curve(curve: &[f64], mean_curve: &[f64]) -> Vec<f64> {
    let count = curve.len().min(mean_curve.len());
    let (curve, mean_curve) = (&curve[..count], &mean_curve[..count]);
    let (middle, common) = (mean(curve), mean(mean_curve));
    let squares: f64 = mean_curve.iter().map(|m| (m - common).powi(2)).sum();
    let product: f64 = curve.iter().zip(mean_curve).map(|(c, m)| (c - middle) * (m - common)).sum();
    let share = if squares > 1e-12 { product / squares } else { 0.0 };
    curve.iter().zip(mean_curve).map(|(c, m)| c - share * (m - common)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn correlations_of_known_curves() {
        let a = [1.0, 2.0, 3.0, 4.0];
        assert!((correlation(&a, &[3.0, 5.0, 7.0, 9.0, 0.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((correlation(&a, &[4.0, 3.0, 2.0, 1.0]).unwrap() + 1.0).abs() < 1e-12);
        assert!((correlation(&a, &[1.0, -1.0, -1.0, 1.0]).unwrap()).abs() < 1e-12);
        assert_eq!(correlation(&a, &[2.0; 4]), None);
        assert_eq!((mean(&a), deviation(&a)), (2.5, 1.25_f64.sqrt()));
    }

    #[test]
    fn gaps_are_filled() {
        assert_eq!(filled(&[None, Some(1.0), None, None, Some(4.0), None]).unwrap(), [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
        assert_eq!(filled(&[None, None]), None);
    }

    #[test]
    fn a_mean_curve_is_taken_out() {
        let common: Vec<f64> = (0..50).map(|k| (f64::from(k) * 0.4).sin()).collect();
        let own: Vec<f64> = (0..50).map(|k| (f64::from(k) * 1.9).cos()).collect();
        let curve: Vec<f64> = common.iter().zip(&own).map(|(c, o)| 5.0 + 3.0 * c + o).collect();
        let rest = without_mean_curve(&curve, &common);
        assert!(correlation(&rest, &common).unwrap().abs() < 1e-9);
        assert!(correlation(&rest, &own).unwrap() > 0.99);
    }
}
