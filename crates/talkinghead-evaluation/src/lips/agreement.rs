//! One mouth's curve against another's: how late it is, and what chance would give.

use crate::statistics::correlation;

/// The largest lag that is looked for, in frames either way: 320 ms.
pub const LARGEST_LAG: usize = 8;
/// Shifts under this are no other words yet, in frames.
const LEAST_SHIFT: usize = 25;

/// By how many frames `curve` is late against `real` (negative: early): the shift of the best correlation, the smallest of equal
/// ones. `None` where the curves are too short or do not move.
pub fn best_lag(curve: &[f64], real: &[f64]) -> Option<isize> {
    let count = curve.len().min(real.len());
    let most = LARGEST_LAG.min(count.saturating_sub(10)) as isize;
    let mut best: Option<(isize, f64)> = None;
    for lag in (0..=most).flat_map(|lag| [lag, -lag]) {
        let late = lag.max(0) as usize;
        let early = (-lag).max(0) as usize;
        let Some(found) = correlation(&curve[late..count - early], &real[early..count - late]) else { continue };
        if best.is_none_or(|(_, best)| found > best + 1e-12) {
            best = Some((lag, found));
        }
    }
    best.map(|(lag, _)| lag)
}

/// What a mouth gets that moves like this one, but to other words: the mean correlation with `real` turned in a circle by a second or
/// more. `None` under three seconds, or where a curve does not move.
pub fn chance_correlation(curve: &[f64], real: &[f64]) -> Option<f64> {
    let count = curve.len().min(real.len());
    if count < 3 * LEAST_SHIFT {
        return None;
    }
    let mut turned = real[..count].to_vec();
    turned.rotate_left(LEAST_SHIFT);
    let (mut sum, mut shifts) = (0.0, 0);
    for _ in LEAST_SHIFT..=count - LEAST_SHIFT {
        sum += correlation(&curve[..count], &turned)?;
        shifts += 1;
        turned.rotate_left(1);
    }
    Some(sum / f64::from(shifts))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn speech(frames: usize, late: f64) -> Vec<f64> {
        (0..frames).map(|k| k as f64 - late).map(|t| (t * 0.7).sin() + (t * 0.31 + 1.0).sin() + 0.5 * (t * 1.3).cos()).collect()
    }

    #[test]
    fn a_delayed_copy_has_its_delay() {
        for late in -8..=8_i32 {
            assert_eq!(best_lag(&speech(90, f64::from(late)), &speech(90, 0.0)), Some(late as isize));
        }
        assert_eq!(best_lag(&[1.0; 90], &speech(90, 0.0)), None);
        assert_eq!(best_lag(&speech(5, 0.0), &speech(5, 0.0)), Some(0));
    }

    #[test]
    fn chance_is_about_0() {
        assert!(chance_correlation(&speech(300, 0.0), &speech(300, 0.0)).unwrap().abs() < 0.1);
        assert_eq!(chance_correlation(&speech(60, 0.0), &speech(60, 0.0)), None);
    }
}
