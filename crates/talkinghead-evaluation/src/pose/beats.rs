//! Does the head move with the speech?

use super::curve::HeadCurve;

/// Deviation of the tolerance in seconds.
const TOLERANCE: f64 = 0.1;
const FRAME_RATE: f64 = talkinghead_media::FRAME_RATE as f64;

/// The frames in which a head's movement comes to a turn: local minima of its angular speed (smoothed over five frames).
pub fn kinematic_beats(head: &HeadCurve) -> Vec<usize> {
    let speed = head.speed();
    let smooth: Vec<f64> = (0..speed.len())
        .map(|k| {
            let around = &speed[k.saturating_sub(2)..(k + 3).min(speed.len())];
            around.iter().sum::<f64>() / around.len() as f64
        })
        .collect();
    (1..smooth.len().saturating_sub(1)).filter(|&k| smooth[k] < smooth[k - 1] && smooth[k] <= smooth[k + 1]).collect()
}

/// Beat alignment, 0..1: how near the nearest turn of the head is to each beat of the speech, mean of `exp(-d^2 / (2 * 0.1 s ^2))`.
/// After Li et al. (2021, AIST++), who go from each turn to the nearest beat of the music. `beats`: frames of stressed syllables.
/// `None` without beats or turns. Trap: a head that trembles turns all the time and is always near.
pub fn beat_alignment(head: &HeadCurve, beats: &[usize]) -> Option<f64> {
    let turns = kinematic_beats(head);
    if turns.is_empty() || beats.is_empty() {
        return None;
    }
    let score = |beat: &usize| {
        let nearest = turns.iter().map(|turn| turn.abs_diff(*beat)).min().unwrap_or(usize::MAX) as f64 / FRAME_RATE;
        (-0.5 * (nearest / TOLERANCE).powi(2)).exp()
    };
    Some(beats.iter().map(score).sum::<f64>() / beats.len() as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_turns_on_the_beat_is_aligned() {
        // Turns every 20 frames: at 10, 30, 50 …
        let nod = |shift: f64| {
            HeadCurve::of_angles((0..200).map(|k| {
                let phase = std::f64::consts::PI * (f64::from(k) - shift) / 20.0;
                [0.0, 3.0 * phase.sin(), 0.0]
            }))
        };
        let beats: Vec<usize> = (0..9).map(|k| 10 + 20 * k).collect();
        let on = beat_alignment(&nod(0.0), &beats).unwrap();
        let off = beat_alignment(&nod(10.0), &beats).unwrap();
        assert!(on > 0.9, "{on}");
        assert!(off < 0.05, "{off}");
        assert_eq!(beat_alignment(&nod(0.0), &[]), None);
    }
}
