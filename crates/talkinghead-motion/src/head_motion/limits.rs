//! What one picture bears and what a neck can do: bounds of angle and of speed, and a soft start.

use super::Angles;
use talkinghead_media::FRAME_RATE;

/// Largest yaw, pitch, roll, degrees as they look.
const LARGEST: [f32; 3] = [10.0, 7.6, 7.5];
/// Largest change between two frames, degrees as they look.
pub(super) const LARGEST_STEP: f32 = 1.6;
/// Seconds in which the movement grows out of the reference's pose.
const EASE_SECONDS: f32 = 1.8;

/// The movement grows out of the reference's pose: it starts there, at rest.
pub(super) fn ease_in(angles: &mut Angles) {
    let reach = (EASE_SECONDS * FRAME_RATE as f32) as usize;
    for angle in angles {
        let Some(&first) = angle.first() else { return };
        for (k, value) in angle.iter_mut().take(reach).enumerate() {
            let part = k as f32 / reach as f32;
            let weight = 0.5 - 0.5 * (std::f32::consts::PI * part).cos();
            // What is left of the first frame's pose fades out, and the movement about it fades in twice as fast.
            let growth = (2.0 * part).min(1.0);
            *value = weight * first + growth * growth * (3.0 - 2.0 * growth) * (*value - first);
        }
    }
}

/// Bends large angles softly towards the largest allowed.
pub(super) fn limit_angles(angles: &mut Angles) {
    for (angle, largest) in angles.iter_mut().zip(LARGEST) {
        for value in angle {
            let size = value.abs() / largest;
            if size > 0.6 {
                *value = value.signum() * largest * (0.6 + 0.4 * ((size - 0.6) / 0.4).tanh());
            }
        }
    }
}

/// Slows steps that are too large: around each, the curve is smoothed over a few frames, more where needed.
pub(super) fn limit_steps(angles: &mut Angles) {
    for angle in angles {
        for _ in 0..12 {
            let fast: Vec<usize> = (1..angle.len()).filter(|&k| (angle[k] - angle[k - 1]).abs() > LARGEST_STEP).collect();
            if fast.is_empty() {
                break;
            }
            let before = angle.clone();
            for k in fast {
                for at in k.saturating_sub(4)..(k + 4).min(angle.len()) {
                    let (low, high) = (at.saturating_sub(2), (at + 3).min(before.len()));
                    angle[at] = before[low..high].iter().sum::<f32>() / (high - low) as f32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_becomes_a_movement() {
        let mut angles: Angles = std::array::from_fn(|_| (0..60).map(|k| if k < 30 { -4.0 } else { 4.0 }).collect());
        limit_steps(&mut angles);
        assert!(angles[0].windows(2).all(|w| (w[1] - w[0]).abs() <= LARGEST_STEP));
        assert_eq!((angles[0][5], angles[0][55]), (-4.0, 4.0));
    }

    #[test]
    fn the_start_is_the_references_pose() {
        let mut angles: Angles = std::array::from_fn(|_| vec![5.0; 100]);
        ease_in(&mut angles);
        assert_eq!((angles[1][0], angles[1][99]), (0.0, 5.0));
        limit_angles(&mut angles);
        assert!(angles[2][99] < 5.0001);
    }
}
