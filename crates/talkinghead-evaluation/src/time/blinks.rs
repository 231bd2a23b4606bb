//! How often the eyes close.

use talkinghead_media::FRAME_RATE;

/// A blink begins when the eyes are closed by this much, and the next one may begin after they are open to that.
const CLOSED: f64 = 0.5;
const OPEN: f64 = 0.25;

/// Number of blinks of a curve that says how far the eyes are closed, 0 to 1, frame by frame.
pub fn blink_count(closed: &[f64]) -> usize {
    let mut shut = false;
    let mut count = 0;
    for &value in closed {
        if !shut && value >= CLOSED {
            shut = true;
            count += 1;
        } else if value <= OPEN {
            shut = false;
        }
    }
    count
}

/// Blinks a minute; `None` of nothing.
pub fn blink_rate(closed: &[f64]) -> Option<f64> {
    let minutes = closed.len() as f64 / f64::from(FRAME_RATE) / 60.0;
    (minutes > 0.0).then(|| blink_count(closed) as f64 / minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flutter_is_one_blink() {
        let closed = [0.0, 0.4, 0.9, 0.4, 0.8, 0.1, 0.0, 0.6, 0.2];
        assert_eq!(blink_count(&closed), 2);
        assert_eq!(blink_rate(&[0.0, 1.0, 0.0, 0.0, 0.0]), Some(300.0));
        assert_eq!(blink_rate(&[]), None);
    }
}
