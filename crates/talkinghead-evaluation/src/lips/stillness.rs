//! Do the lips rest where nobody speaks?

use talkinghead_media::FRAME_RATE;

/// Frames at either end of a pause that do not count: lips open before the first sound and close after the last.
const MARGIN: usize = 3;

/// Mean speed of the opening in pauses, in eye distances a second; `None` without a pause of seven frames. `pause`: whether each frame
/// lies in one.
pub fn motion_in_silence(opening: &[f64], pause: &[bool]) -> Option<f64> {
    let count = opening.len().min(pause.len());
    let inside = |k: usize| k >= MARGIN && k + MARGIN < count && pause[k - MARGIN..=k + MARGIN].iter().all(|&p| p);
    let steps: Vec<f64> = (1..count).filter(|&k| inside(k)).map(|k| (opening[k] - opening[k - 1]).abs()).collect();
    (!steps.is_empty()).then(|| steps.iter().sum::<f64>() / steps.len() as f64 * f64::from(FRAME_RATE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_pauses_count() {
        let pause: Vec<bool> = (0..40).map(|k| k >= 20).collect();
        let opening: Vec<f64> = (0..40).map(|k| if k < 20 { f64::from(k % 2) } else { 0.002 * f64::from(k) }).collect();
        assert!((motion_in_silence(&opening, &pause).unwrap() - 0.05).abs() < 1e-9);
        assert_eq!(motion_in_silence(&opening, &[false; 40]), None);
    }
}
