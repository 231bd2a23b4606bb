//! Fundamental frequency by normalised autocorrelation.

/// Samples a pitch estimate looks at (16 kHz): 50 ms.
pub(crate) const PITCH_WINDOW: usize = 800;
const LOWEST: f32 = 60.0;
const HIGHEST: f32 = 400.0;
const RATE: f32 = 4_000.0;

/// Pitch of one stretch of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pitch {
    /// Hertz, 60 to 400.
    pub hertz: f32,
    /// How periodic the sound is, 0 to 1.
    pub voicing: f32,
}

/// Estimates the pitch of [`PITCH_WINDOW`] samples.
pub(crate) fn pitch(samples: &[f32]) -> Pitch {
    let low: Vec<f32> = samples.chunks_exact(4).map(|c| c.iter().sum::<f32>() / 4.0).collect();
    let mean = low.iter().sum::<f32>() / low.len().max(1) as f32;
    let low: Vec<f32> = low.iter().map(|s| s - mean).collect();
    let (shortest, longest) = ((RATE / HIGHEST) as usize, (RATE / LOWEST) as usize);
    let length = low.len().saturating_sub(longest + 1);
    let likeness = |lag: usize| {
        let (a, b) = (&low[..length], &low[lag..lag + length]);
        let (mut ab, mut aa, mut bb) = (0.0, 1e-9, 1e-9);
        for (x, y) in a.iter().zip(b) {
            ab += x * y;
            aa += x * x;
            bb += y * y;
        }
        ab / f32::sqrt(aa * bb)
    };
    let curve: Vec<f32> = (shortest - 1..=longest + 1).map(likeness).collect();
    let best = curve.iter().copied().fold(0.0, f32::max);
    // The shortest lag whose peak is nearly as high as the best: avoids reporting an octave below.
    let peak = (1..curve.len() - 1)
        .find(|&i| curve[i] > 0.85 * best && curve[i] >= curve[i - 1] && curve[i] >= curve[i + 1])
        .unwrap_or(1);
    let (a, b, c) = (curve[peak - 1], curve[peak], curve[peak + 1]);
    let bend = a - 2.0 * b + c;
    let shift = if bend < -1e-6 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    let lag = (shortest - 1 + peak) as f32 + shift;
    Pitch { hertz: (RATE / lag).clamp(LOWEST, HIGHEST), voicing: ((best - 0.4) / 0.5).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buzz_has_its_pitch() {
        for hertz in [85.0, 130.0, 210.0, 320.0] {
            let phase = |i: usize| std::f32::consts::TAU * hertz * i as f32 / 16_000.0;
            let buzz: Vec<f32> =
                (0..PITCH_WINDOW).map(|i| (1..5).map(|k| 0.1 / k as f32 * (k as f32 * phase(i)).sin()).sum()).collect();
            let found = pitch(&buzz);
            assert!((found.hertz / hertz - 1.0).abs() < 0.03, "{hertz}: {found:?}");
            assert!(found.voicing > 0.9);
        }
    }

    #[test]
    fn hiss_and_silence_have_none() {
        let mut state = 1u32;
        let hiss: Vec<f32> = (0..PITCH_WINDOW)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        assert!(pitch(&hiss).voicing < 0.4);
        assert_eq!(pitch(&[0.0; PITCH_WINDOW]).voicing, 0.0);
    }
}
