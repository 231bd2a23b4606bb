//! Expression transfer: puts a motion's displacement on the portrait's relaxed face, in the frontal frame.

use talkinghead_face::{CanonicalMesh, FaceMotion};

use super::geometry::{CHIN, MOUTH_CORNERS, NOSE_BASE, PortraitGeometry};
use crate::math::smoothstep;

/// How far a brow follows the motion.
const BROW_GAIN: f32 = 0.8;

/// Size of this face's expressions relative to the canonical face's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpressionScale {
    /// Ratio of mouth widths.
    pub x: f32,
    /// Ratio of the heights from nose to chin.
    pub y: f32,
}

impl ExpressionScale {
    /// Measured on the relaxed face, both in 0.75..1.3.
    pub fn of(portrait: &PortraitGeometry) -> Self {
        let canonical = &CanonicalMesh::get().vertices;
        let distance = |points: &[[f32; 3]], (a, b): (usize, usize)| {
            ((points[a][0] - points[b][0]).powi(2) + (points[a][1] - points[b][1]).powi(2)).sqrt()
        };
        let ratio = |pair| (distance(&portrait.neutral, pair) / distance(canonical, pair).max(1e-3)).clamp(0.75, 1.3);
        Self { x: ratio(MOUTH_CORNERS), y: ratio((NOSE_BASE, CHIN)) }
    }
}

/// The deformed face F' before lips are brought in contact and lids moved, `[468]` in the frontal frame (centimetres).
pub fn deform(portrait: &PortraitGeometry, scale: ExpressionScale, motion: &FaceMotion) -> Vec<[f32; 3]> {
    let iod = portrait.centimetres_per_iod();
    let lid = 0.5 * (portrait.frontal[159][1] + portrait.frontal[386][1]);
    let top = portrait.frontal[10][1];
    portrait
        .neutral
        .iter()
        .zip(&portrait.expression_weight)
        .zip(&motion.displacement)
        .map(|((n, &m), d)| {
            let brow = smoothstep(lid, lid - 0.15 * iod, n[1]) * smoothstep(top, top + 0.33 * iod, n[1]);
            [n[0] + m * scale.x * d[0], n[1] + m * scale.y * d[1] + BROW_GAIN * brow * d[1], n[2] + m * scale.y * d[2]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    #[test]
    fn the_canonical_face_takes_motions_unscaled() {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let scale = ExpressionScale::of(&portrait);
        assert!((scale.x - 1.0).abs() < 1e-3 && (scale.y - 1.0).abs() < 1e-3);
        let mut motion = FaceMotion::neutral();
        motion.displacement[17] = [0.0, 0.7, 0.0];
        motion.displacement[105] = [0.0, -0.5, 0.0];
        let moved = deform(&portrait, scale, &motion);
        assert!((moved[17][1] - portrait.neutral[17][1] - 0.7).abs() < 1e-3);
        // The brow rises by four fifths, the hairline and the nose's bridge stay.
        let brow = moved[105][1] - portrait.neutral[105][1];
        assert!((-0.41..-0.1).contains(&brow), "{brow}");
        assert_eq!(moved[10], portrait.neutral[10]);
        assert_eq!(moved[6], portrait.neutral[6]);
    }
}
