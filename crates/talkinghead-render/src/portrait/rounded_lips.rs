//! Takes the rounding off lips that are pursed in the photograph: a mouth at rest is wider, and its lips are lower.
//!
//! How much is told by the lips' own shape. In speech a mouth's lips keep their area, whatever the width (within 24 clips the
//! height falls with the power 0.9 of the width), so a high narrow pair of lips is a rounded one.

use talkinghead_face::CanonicalMesh;

use super::geometry::{MOUTH_CORNERS, PortraitGeometry};
use crate::math::smoothstep;

/// Height of both lips in mouth widths above which pursed lips are taken to be rounded: full lips at rest.
const RESTING_ASPECT: f32 = 0.42;
/// Width of a rather narrow mouth at rest, canonical centimetres.
const RESTING_WIDTH: f32 = 4.7;
/// Most that a mouth is widened: further its photograph would be seen stretched.
const MOST_WIDENED: f32 = 1.4;
/// How far skin around the lips follows, canonical centimetres.
const REACH: f32 = 1.5;
/// Lips' middles: upper outer and inner, lower inner and outer.
const MIDDLES: [usize; 4] = [0, 13, 14, 17];

/// How rounded the lips are by the score `mouthPucker`, 0..1; a score of lips that are merely full does not count.
pub(super) fn rounding(blendshapes: &[f32; 52]) -> f32 {
    let names = &CanonicalMesh::get().blendshape_names;
    let score = names.iter().zip(blendshapes).filter(|(name, _)| *name == "mouthPucker").map(|(_, &score)| score);
    smoothstep(0.4, 0.85, score.fold(0.0, f32::max))
}

/// Widens the mouth of `portrait.neutral` and lowers its lips by as much as they are rounded; `amount` of it, 0..1.
pub(super) fn widen(portrait: &mut PortraitGeometry, amount: f32) {
    let face = &portrait.neutral;
    let (left, right) = (face[MOUTH_CORNERS.0], face[MOUTH_CORNERS.1]);
    let width = (right[0] - left[0]).abs().max(1e-3);
    let [top, upper, lower, bottom] = MIDDLES.map(|i| face[i][1]);
    let aspect = ((upper - top).max(0.0) + (bottom - lower).max(0.0)) / width;
    let of_shape = (aspect / RESTING_ASPECT).sqrt();
    let of_width = RESTING_WIDTH / width;
    let factor = 1.0 + amount * ((of_shape * of_width).max(0.0).sqrt().clamp(1.0, MOST_WIDENED) - 1.0);
    if factor <= 1.0 {
        return;
    }
    let centre = [0.5 * (left[0] + right[0]), 0.5 * (upper + lower)];
    let half = 0.5 * width;
    let (above, below) = ((centre[1] - top).max(1e-3), (bottom - centre[1]).max(1e-3));
    for (point, weight) in portrait.neutral.iter_mut().zip(&portrait.expression_weight) {
        let (x, y) = (point[0] - centre[0], point[1] - centre[1]);
        // Inside the lips everything follows, beyond them the skin as far as it reaches.
        let (inside_x, inside_y) = (x.clamp(-half, half), y.clamp(-above, below));
        let beyond = (x - inside_x).hypot(y - inside_y) / REACH;
        let follows = weight * (-beyond * beyond).exp();
        point[0] += follows * (factor - 1.0) * inside_x;
        point[1] += follows * (1.0 / factor - 1.0) * inside_y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    fn pucker(score: f32) -> [f32; 52] {
        let names = &CanonicalMesh::get().blendshape_names;
        std::array::from_fn(|i| if names[i] == "mouthPucker" { score } else { 0.0 })
    }

    /// The canonical face with its mouth drawn together to a share of its width, the lips as much higher.
    fn pursed(share: f32) -> PortraitGeometry {
        let mut portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let middle = 0.5 * (portrait.neutral[13][1] + portrait.neutral[14][1]);
        for point in &mut portrait.neutral {
            let near = (-((point[1] - middle) / 2.0).powi(2)).exp();
            point[0] *= 1.0 + near * (share - 1.0);
            point[1] += near * (1.0 / share - 1.0) * (point[1] - middle);
        }
        portrait
    }

    fn shape(portrait: &PortraitGeometry) -> (f32, f32) {
        let face = &portrait.neutral;
        (face[291][0] - face[61][0], face[13][1] - face[0][1] + face[17][1] - face[14][1])
    }

    #[test]
    fn pursed_lips_become_wider_and_lower() {
        let mut portrait = pursed(0.6);
        let (narrow, high) = shape(&portrait);
        widen(&mut portrait, rounding(&pucker(0.95)));
        let (width, height) = shape(&portrait);
        assert!(width > 1.2 * narrow && width < 5.0, "{narrow} {width}");
        assert!(height < 0.85 * high, "{high} {height}");
        // The nose stays, and the mouth stays in the middle.
        let before = pursed(0.6);
        assert!((portrait.neutral[1][1] - before.neutral[1][1]).abs() < 0.1);
        assert!((portrait.neutral[61][0] + portrait.neutral[291][0]).abs() < 0.05);
    }

    #[test]
    fn lips_at_rest_and_full_lips_without_the_score_stay() {
        for (share, score) in [(1.0, 0.99), (0.8, 0.3)] {
            let mut portrait = pursed(share);
            let before = portrait.neutral.clone();
            widen(&mut portrait, rounding(&pucker(score)));
            assert_eq!(portrait.neutral, before, "share {share}, score {score}");
        }
    }
}
