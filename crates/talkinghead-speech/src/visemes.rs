//! Soft mouth classes over time, and how firmly the lips must close.

use crate::spikes::PhonemeSpike;
use crate::vocabulary::VISEMES;

/// Curves per frame: 13 mouth classes and silence, each in two widths.
pub const VISEME_CURVES: usize = 2 * (VISEMES + 1);

/// How far a class dominates its neighbours, in the order of [`crate::VISEME_NAMES`].
const DOMINANCE: [f32; VISEMES] = [2.0, 1.3, 0.8, 0.6, 0.5, 1.0, 0.8, 0.7, 1.0, 1.0, 0.9, 1.1, 1.2];
/// Standard deviations of the two widths, seconds.
const WIDTHS: [f32; 2] = [0.05, 0.1];
/// The mouth moves before the sound.
const LEAD: f32 = 0.03;
/// Halves of a diphthong lie this far from its centre.
const HALF: f32 = 0.045;
/// Lips are closest this long before the spike of p, b or m.
const CLOSURE_LEAD: f32 = 0.04;
const CLOSURE_WIDTH: f32 = 0.035;
/// f and v bring the lips together this much less.
const LABIODENTAL: f32 = 0.4;

fn bell(distance: f32, width: f32) -> f32 {
    (-0.5 * (distance / width).powi(2)).exp()
}

/// The 28 curves at `time`: for each width the 13 classes, then silence; each width's 14 sum to 1.
///
/// `quiet`: 0 in loud frames to 1 in quiet ones. `spikes`: all within half a second of `time` (more do no harm).
pub(crate) fn viseme_curves(time: f32, quiet: f32, spikes: &[PhonemeSpike]) -> [f32; VISEME_CURVES] {
    let mut curves = [0.0; VISEME_CURVES];
    for (curves, width) in curves.chunks_exact_mut(VISEMES + 1).zip(WIDTHS) {
        for spike in spikes {
            let distance = time - (spike.time - LEAD);
            let (whole, first, second) = (bell(distance, width), bell(distance + HALF, width), bell(distance - HALF, width));
            for (class, curve) in curves[..VISEMES].iter_mut().enumerate() {
                let weight = whole * spike.visemes[class] + first * spike.first_half[class] + second * spike.second_half[class];
                *curve += DOMINANCE[class] * weight;
            }
        }
        curves[VISEMES] = 0.02 + 0.3 * quiet;
        let sum: f32 = curves.iter().sum();
        curves.iter_mut().for_each(|curve| *curve /= sum);
    }
    curves
}

/// How firmly a p, b or m (or, less, f or v) holds the lips together at `time`: 0 to 1.
pub(crate) fn lip_closure(time: f32, spikes: &[PhonemeSpike]) -> f32 {
    let strength = |spike: &PhonemeSpike| {
        (spike.visemes[0] + LABIODENTAL * spike.visemes[1]) * bell(time - (spike.time - CLOSURE_LEAD), CLOSURE_WIDTH)
    };
    spikes.iter().map(strength).fold(0.0, f32::max).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m_at(time: f32) -> PhonemeSpike {
        let mut visemes = [0.0; VISEMES];
        visemes[0] = 1.0;
        PhonemeSpike { time, phoneme: "m", visemes, first_half: [0.0; VISEMES], second_half: [0.0; VISEMES] }
    }

    #[test]
    fn lips_close_forty_milliseconds_before_the_spike() {
        let spikes = [m_at(1.0)];
        assert!((lip_closure(0.96, &spikes) - 1.0).abs() < 1e-6);
        assert!(lip_closure(1.04, &spikes) < 0.1 && lip_closure(0.86, &spikes) < 0.1);
    }

    #[test]
    fn curves_of_a_width_sum_to_one() {
        for (time, quiet) in [(0.97, 0.0), (3.0, 1.0)] {
            let curves = viseme_curves(time, quiet, &[m_at(1.0)]);
            assert!(curves.chunks_exact(14).all(|c| (c.iter().sum::<f32>() - 1.0).abs() < 1e-5));
            assert_eq!(curves[0] > 0.9, time < 2.0);
            assert_eq!(curves[13] > 0.9, time > 2.0);
        }
    }
}
