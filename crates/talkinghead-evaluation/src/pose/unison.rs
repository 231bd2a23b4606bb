//! Do the heads of different recordings move alike? They should not: people do not.

use super::curve::HeadCurve;
use crate::statistics::correlation;

/// How much heads move alike, over all pairs of them.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Unison {
    /// Mean over the pairs of the absolute correlation of yaw, pitch, roll: 1 for heads that move in step (or mirrored). Independent
    /// heads are not at 0: slow curves of few seconds correlate by chance, about 0.2 to 0.4 for people over 5 s.
    pub absolute: [f64; 3],
    /// Mean over the pairs of the correlation itself: 0 for independent heads, 1 for heads in step.
    pub signed: [f64; 3],
    /// Pairs of heads, without those of which one does not move.
    pub pairs: usize,
    /// Frames of the common length.
    pub frames: usize,
}

impl Unison {
    /// Mean of [`Unison::absolute`] over the angles.
    pub fn mean_absolute(&self) -> f64 {
        self.absolute.iter().sum::<f64>() / 3.0
    }

    /// Mean of [`Unison::signed`] over the angles.
    pub fn mean_signed(&self) -> f64 {
        self.signed.iter().sum::<f64>() / 3.0
    }
}

/// Compares every head with every other over their common length, frame 0 with frame 0. `None` with fewer than two heads, a common
/// length under three frames, or where no pair moves.
pub fn unison(heads: &[HeadCurve]) -> Option<Unison> {
    let frames = heads.iter().map(HeadCurve::len).min()?;
    let (mut absolute, mut signed, mut pairs) = ([0.0; 3], [0.0; 3], 0);
    for (index, one) in heads.iter().enumerate() {
        for other in &heads[index + 1..] {
            let of = |k: usize| correlation(&one.angles[k][..frames], &other.angles[k][..frames]);
            let (Some(yaw), Some(pitch), Some(roll)) = (of(0), of(1), of(2)) else { continue };
            for (k, value) in [yaw, pitch, roll].into_iter().enumerate() {
                absolute[k] += value.abs();
                signed[k] += value;
            }
            pairs += 1;
        }
    }
    let mean = |sums: [f64; 3]| sums.map(|sum| sum / pairs as f64);
    (pairs > 0).then(|| Unison { absolute: mean(absolute), signed: mean(signed), pairs, frames })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn head(frequency: f64, sign: f64, frames: u32) -> HeadCurve {
        let angle = |k: f64, shift: f64| sign * (std::f64::consts::TAU * frequency * k / 100.0 + shift).sin();
        HeadCurve::of_angles((0..frames).map(|k| [0.0, 1.0, 2.0].map(|shift| angle(f64::from(k), shift))))
    }

    #[test]
    fn heads_in_step_are_1_and_mirrored_ones_too() {
        let found = unison(&[head(1.0, 1.0, 100), head(1.0, 2.0, 130), head(1.0, -1.0, 100)]).unwrap();
        assert_eq!((found.pairs, found.frames), (3, 100));
        assert!((found.mean_absolute() - 1.0).abs() < 1e-9 && (found.mean_signed() + 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn independent_heads_are_0_and_still_ones_do_not_count() {
        let found = unison(&[head(1.0, 1.0, 100), head(2.0, 1.0, 100), head(3.0, 1.0, 100), head(1.0, 0.0, 100)]).unwrap();
        assert_eq!(found.pairs, 3);
        assert!(found.mean_absolute() < 1e-9);
        assert!(unison(&[head(1.0, 1.0, 100)]).is_none() && unison(&[]).is_none());
    }
}
