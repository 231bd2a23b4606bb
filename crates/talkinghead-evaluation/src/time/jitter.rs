//! Trembling of the face from frame to frame.

use talkinghead_face::{Landmarks, RIGID_POINTS};

/// Median over the frames of how far the rigid points lie from the middle between the frame before and the frame after (half the second
/// difference), in per mille of the interocular distance. Landmarks must not be smoothed. `None` under three frames.
pub fn jitter(frames: &[Landmarks]) -> Option<f64> {
    let mut values: Vec<f64> = frames
        .windows(3)
        .map(|w| {
            let unit = f64::from(w[1].interocular_distance()).max(1e-6);
            let off = |&i: &usize| {
                let [a, b, c] = [0, 1, 2].map(|k| w[k].points()[i]);
                f64::from(b[0] - (a[0] + c[0]) / 2.0).hypot(f64::from(b[1] - (a[1] + c[1]) / 2.0))
            };
            1000.0 * RIGID_POINTS.iter().map(off).sum::<f64>() / RIGID_POINTS.len() as f64 / unit
        })
        .collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(x: f32) -> Landmarks {
        Landmarks::from_fn(|i| [x + if i == 473 { 60.0 } else { 0.0 }, 0.0, 0.0])
    }

    #[test]
    fn steady_motion_is_none_and_trembling_is_measured() {
        let steady: Vec<Landmarks> = (0..20).map(|k| at(3.0 * k as f32)).collect();
        assert!(jitter(&steady).unwrap() < 1e-3);
        // To and fro by 0.6 pixels of 60 between the eyes.
        let trembling: Vec<Landmarks> = (0..20).map(|k| at(0.6 * (k % 2) as f32)).collect();
        assert!((jitter(&trembling).unwrap() - 10.0).abs() < 1e-3);
        assert_eq!(jitter(&steady[..2]), None);
    }
}
