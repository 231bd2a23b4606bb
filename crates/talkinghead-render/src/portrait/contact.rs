//! The contact pass: sets the gap between the inner lips to what the motion asks, and lets lips and chin follow.

use talkinghead_face::LIP_PAIRS;

use super::geometry::PortraitGeometry;
use crate::math::smoothstep;

/// The mouth's corners on the inner lips.
const CORNERS: (usize, usize) = (78, 308);
/// Share of a gap's change that the upper and the lower lip take.
const SHARE: (f32, f32) = (0.35, 0.65);
/// How far the change reaches beyond the lips, upwards and downwards, interocular distances.
const REACH: (f32, f32) = (0.17, 0.2);
/// How much of the mean change the chin follows.
const CHIN_SHARE: f32 = 0.55;
/// Half-width of the chin's following, interocular distances.
const CHIN_WIDTH: f32 = 0.75;

/// Brings the nine lip pairs of `face` (frontal frame, centimetres, `[468]`) to `gaps` (interocular distances).
///
/// The lips around, the skin and the chin follow smoothly; with a gap of 0 both points of a pair are one.
pub fn set_lip_gaps(portrait: &PortraitGeometry, face: &mut [[f32; 3]], gaps: &[f32; 9]) {
    let iod = portrait.centimetres_per_iod();
    let line = MouthLine::of(face);
    let present: [f32; 9] = std::array::from_fn(|k| face[LIP_PAIRS[k].1][1] - face[LIP_PAIRS[k].0][1]);
    let change: [f32; 9] = std::array::from_fn(|k| gaps[k].max(0.0) * iod - present[k]);
    let mean_change = change.iter().sum::<f32>() / 9.0;
    let lips = 0.5 * present.iter().fold(0.0f32, |a, &b| a.max(b)) + 0.05 * iod;
    let centre = face[LIP_PAIRS[4].0][0];

    for (point, &m) in face.iter_mut().zip(&portrait.expression_weight) {
        let (middle, here) = line.at(point[0], &change);
        let below = point[1] - middle;
        let beyond = (below.abs() - lips).max(0.0) / iod;
        if below < 0.0 {
            point[1] -= SHARE.0 * here * (-(beyond / REACH.0).powi(2)).exp() * m;
        } else {
            let near = (-(beyond / REACH.1).powi(2)).exp();
            let aside = (point[0] - centre) / (CHIN_WIDTH * iod);
            let chin = CHIN_SHARE * mean_change * (1.0 - near) * (-aside * aside).exp();
            point[1] += SHARE.1 * (here * near + chin) * m;
        }
    }
    for (k, &(upper, lower)) in LIP_PAIRS.iter().enumerate() {
        let rest = gaps[k].max(0.0) * iod - (face[lower][1] - face[upper][1]);
        face[upper][1] -= SHARE.0 * rest;
        face[lower][1] += SHARE.1 * rest;
        // Touching lips are one point; over a hair's breadth of opening they part without a jump.
        let together = smoothstep(0.03, 0.0, gaps[k]);
        for axis in [0, 2] {
            let middle = 0.5 * (face[upper][axis] + face[lower][axis]);
            face[upper][axis] += together * (middle - face[upper][axis]);
            face[lower][axis] += together * (middle - face[lower][axis]);
        }
    }
}

/// Gaps of the nine pairs in interocular distances as the deformed face has them.
pub fn lip_gaps(portrait: &PortraitGeometry, face: &[[f32; 3]]) -> [f32; 9] {
    let iod = portrait.centimetres_per_iod();
    LIP_PAIRS.map(|(upper, lower)| ((face[lower][1] - face[upper][1]) / iod).max(0.0))
}

/// The line between the lips: corners and the middles of the nine pairs, from left to right.
struct MouthLine {
    x: [f32; 11],
    y: [f32; 11],
}

impl MouthLine {
    fn of(face: &[[f32; 3]]) -> Self {
        let mut x = [0.0; 11];
        let mut y = [0.0; 11];
        (x[0], y[0]) = (face[CORNERS.0][0], face[CORNERS.0][1]);
        (x[10], y[10]) = (face[CORNERS.1][0], face[CORNERS.1][1]);
        for (k, &(upper, lower)) in LIP_PAIRS.iter().enumerate() {
            x[k + 1] = 0.5 * (face[upper][0] + face[lower][0]);
            y[k + 1] = 0.5 * (face[upper][1] + face[lower][1]);
        }
        for k in 1..11 {
            x[k] = x[k].max(x[k - 1] + 1e-4);
        }
        Self { x, y }
    }

    /// The line's height at `x`, and the pairs' `change` there: linear between them, 0 from the corners on.
    fn at(&self, x: f32, change: &[f32; 9]) -> (f32, f32) {
        let value = |k: usize| if k == 0 || k == 10 { 0.0 } else { change[k - 1] };
        if x <= self.x[0] {
            return (self.y[0], 0.0);
        }
        for k in 1..11 {
            if x <= self.x[k] {
                let t = (x - self.x[k - 1]) / (self.x[k] - self.x[k - 1]);
                return (self.y[k - 1] + t * (self.y[k] - self.y[k - 1]), value(k - 1) + t * (value(k) - value(k - 1)));
            }
        }
        (self.y[10], 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::HeadPose;

    fn portrait() -> PortraitGeometry {
        PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0))
    }

    #[test]
    fn closed_lips_touch() {
        let portrait = portrait();
        let mut face = portrait.neutral.clone();
        for &(upper, lower) in &LIP_PAIRS {
            face[upper][1] -= 0.4;
            face[lower][1] += 0.9;
        }
        set_lip_gaps(&portrait, &mut face, &[0.0; 9]);
        for (upper, lower) in LIP_PAIRS {
            for k in 0..3 {
                assert!((face[upper][k] - face[lower][k]).abs() < if k == 1 { 1e-4 } else { 1e-3 });
            }
        }
    }

    #[test]
    fn wanted_gaps_are_met_and_the_chin_follows_while_the_nose_stays() {
        let portrait = portrait();
        let mut face = portrait.neutral.clone();
        let wanted = [0.05, 0.1, 0.15, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05];
        set_lip_gaps(&portrait, &mut face, &wanted);
        let got = lip_gaps(&portrait, &face);
        assert!(got.iter().zip(wanted).all(|(g, w)| (g - w).abs() < 1e-3), "{got:?}");
        assert!(face[152][1] > portrait.neutral[152][1] + 0.1);
        assert!((face[1][1] - portrait.neutral[1][1]).abs() < 0.02);
    }
}
