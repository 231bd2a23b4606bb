//! The dark line where shut lids meet: lashes and their shadow, which a deep-set or small eye does not bring along.

use crate::math::smoothstep;
use crate::picture::blur::blur_mask;
use crate::picture::canvas::Canvas;
use crate::picture::polygon::{Region, polygon_mask};
use crate::portrait::geometry::PosedFace;
use crate::warp::holes::EYES;

/// Half the line's thickness in the eye's middle, interocular distances.
const HALF_WIDTH: f32 = 0.011;
/// Share of the skin's colour that is left in the line.
const LEFT_OVER: [f32; 3] = [0.40, 0.36, 0.36];
/// Opacity at full blink.
const OPACITY: f32 = 0.7;

/// Paints the line over shut eyes; half-open eyes have none. `iod` is in pixels of the frame.
pub(crate) fn paint(frame: &mut Canvas, face: &PosedFace, iod: f32) {
    for (eye, blink) in EYES.iter().zip(face.blink) {
        let strength = OPACITY * smoothstep(0.65, 1.0, blink);
        if strength > 0.0 {
            let middle: Vec<[f32; 2]> = eye.middle_line(&face.points);
            darken(frame, &middle, strength, iod);
        }
    }
}

fn darken(frame: &mut Canvas, line: &[[f32; 2]], strength: f32, iod: f32) {
    let last = line.len() - 1;
    let (dx, dy) = (line[last][0] - line[0][0], line[last][1] - line[0][1]);
    let length = (dx * dx + dy * dy).sqrt().max(1e-3);
    let across = [-dy / length, dx / length];
    // Thin at the corners, so that the line runs out.
    let side = |sign: f32| {
        line.iter().enumerate().map(move |(k, p)| {
            let t = k as f32 / last as f32 * 2.0 - 1.0;
            let half = sign * HALF_WIDTH * iod * (1.0 - 0.85 * t * t);
            [p[0] + half * across[0], p[1] + half * across[1]]
        })
    };
    let outline: Vec<[f32; 2]> = side(-1.0).chain(side(1.0).rev()).collect();
    let sd = (0.008 * iod).max(0.5);
    let Some(region) = Region::around(&outline, 3.0 * sd + 1.0, frame.width, frame.height) else { return };
    let mut alpha = polygon_mask(&outline, region);
    blur_mask(&mut alpha, sd);
    for row in 0..region.height {
        for column in 0..region.width {
            let a = strength * alpha.at(column, row);
            if a > 1e-3 {
                let out = frame.at_mut(region.x + column, region.y + row);
                (0..3).for_each(|k| out[k] *= 1.0 - a * (1.0 - LEFT_OVER[k]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portrait::expression::ExpressionScale;
    use crate::portrait::geometry::PortraitGeometry;
    use crate::portrait::pose::pose_face;
    use crate::synthetic_face::landmarks;
    use talkinghead_face::{FaceMotion, HeadPose};

    #[test]
    fn only_shut_eyes_get_a_line() {
        let portrait = PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0));
        let skin = Canvas::filled(512, 512, [200.0, 150.0, 120.0]);
        let painted = |blink: f32| {
            let motion = FaceMotion { blink: [blink, 0.0], ..FaceMotion::neutral() };
            let (face, _) = pose_face(&portrait, ExpressionScale::of(&portrait), &motion);
            let mut frame = skin.clone();
            paint(&mut frame, &face, portrait.iod);
            (frame, face)
        };
        assert_eq!(painted(0.5).0, skin);
        let (frame, face) = painted(1.0);
        let p = face.points[145];
        assert!(frame.at(p[0] as usize, p[1].round() as usize)[0] < 170.0);
        let other = face.points[374];
        assert_eq!(frame.at(other[0] as usize, other[1] as usize), [200.0, 150.0, 120.0]);
    }
}
