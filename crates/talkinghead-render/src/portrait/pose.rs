//! From a motion to a posed face: expression, contact, lids, head motion, fold guard, in this order.

use nalgebra::Vector3;
use talkinghead_face::{FaceMotion, HeadPose};

use super::contact::{lip_gaps, set_lip_gaps};
use super::expression::{ExpressionScale, deform};
use super::fold_guard::guard_folds;
use super::geometry::{CHIN, PortraitGeometry, PosedFace, RigidMotion};
use super::lids::close_lids;

/// Part of a frontal depth change that is believed: it is noisy and, with pitch, turns into height.
const DEPTH_SHARE: f32 = 0.6;
/// Largest shift of the head in interocular distances; beyond it straight lines behind the head bend visibly.
const TRANSLATION_LIMIT: f32 = 0.35;
/// The neck's joint seen from the head's centre, interocular distances: down, and away from the camera.
const NECK: (f32, f32) = (1.1, 1.0);

/// The head's rigid motion in the picture for a pose relative to the photograph.
///
/// Without translation the head turns about the neck; a translation is the head centre's whole shift (limited to 0.35).
pub fn head_motion(portrait: &PortraitGeometry, pose: &HeadPose) -> RigidMotion {
    let rotation = pose.rotation();
    let centre = Vector3::from(portrait.centre);
    let [x, y] = pose.translation;
    let shift = if x == 0.0 && y == 0.0 {
        let arm = Vector3::new(
            NECK.0 * portrait.down[0] * portrait.iod,
            NECK.0 * portrait.down[1] * portrait.iod,
            NECK.1 * portrait.iod,
        );
        // p -> R (p - pivot) + pivot, written about the centre.
        arm - rotation * arm
    } else {
        let length = (x * x + y * y).sqrt();
        // Soft: small shifts are kept, large ones approach the limit.
        let limited = TRANSLATION_LIMIT * (length / TRANSLATION_LIMIT).tanh() / length * portrait.iod;
        Vector3::new(limited * x, limited * y, 0.0)
    };
    RigidMotion { rotation, scale: pose.scale, centre, shift }
}

/// Poses the face and returns it with the expression's moves in the photograph's pixels (before head motion), `[468]`.
pub fn pose_face(portrait: &PortraitGeometry, scale: ExpressionScale, motion: &FaceMotion) -> (PosedFace, Vec<[f32; 3]>) {
    let mut frontal = deform(portrait, scale, motion);
    set_lip_gaps(portrait, &mut frontal, &motion.lip_gaps.map(|g| g * scale.y));
    let gaps = lip_gaps(portrait, &frontal);
    close_lids(&mut frontal, motion.blink);

    let rigid = head_motion(portrait, &motion.head_pose);
    let delta: Vec<[f32; 3]> = frontal
        .iter()
        .zip(&portrait.frontal)
        .map(|(to, from)| {
            let d = Vector3::new(to[0] - from[0], to[1] - from[1], DEPTH_SHARE * (to[2] - from[2]));
            (portrait.fit.scale * (portrait.fit.rotation * d)).into()
        })
        .collect();
    let mut points: Vec<[f32; 3]> =
        portrait.vertices.iter().zip(&delta).map(|(v, e)| rigid.apply(std::array::from_fn(|k| v[k] + e[k]))).collect();
    guard_folds(&portrait.vertices, &mut points, portrait.down, turned_down(portrait, &rigid));

    let iod = portrait.centimetres_per_iod();
    let drop = [17, CHIN].iter().map(|&i| frontal[i][1] - portrait.neutral[i][1]).sum::<f32>() / 2.0 / iod;
    let face = PosedFace {
        points,
        frontal,
        rigid,
        jaw_drop: drop.max(0.0),
        lip_gaps: gaps,
        blink: motion.blink.map(|b| b.clamp(0.0, 1.0)),
        gaze: motion.gaze,
    };
    (face, delta)
}

/// The head's down direction in the frame: the photograph's, turned by the roll.
fn turned_down(portrait: &PortraitGeometry, rigid: &RigidMotion) -> [f32; 2] {
    let turned = rigid.rotation * Vector3::new(portrait.down[0], portrait.down[1], 0.0);
    let length = (turned.x * turned.x + turned.y * turned.y).sqrt().max(1e-3);
    [turned.x / length, turned.y / length]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic_face::landmarks;

    fn portrait() -> PortraitGeometry {
        PortraitGeometry::from_landmarks(&landmarks(&HeadPose::default(), 12.0))
    }

    #[test]
    fn turning_about_the_neck_leaves_the_neck_in_place() {
        let portrait = portrait();
        let rigid = head_motion(&portrait, &HeadPose { yaw: 10.0, pitch: 5.0, ..Default::default() });
        let c = portrait.centre;
        let neck = [c[0], c[1] + 1.1 * portrait.iod, c[2] + portrait.iod];
        let moved = rigid.apply(neck);
        assert!((0..3).all(|k| (moved[k] - neck[k]).abs() < 1e-2), "{moved:?} {neck:?}");
    }

    #[test]
    fn a_positive_yaw_moves_the_nose_to_the_left() {
        let portrait = portrait();
        let motion = FaceMotion { head_pose: HeadPose { yaw: 10.0, ..Default::default() }, ..FaceMotion::neutral() };
        let (face, _) = pose_face(&portrait, ExpressionScale::of(&portrait), &motion);
        assert!(face.points[4][0] < portrait.vertices[4][0] - 2.0);
    }

    #[test]
    fn large_shifts_are_limited() {
        let portrait = portrait();
        let rigid = head_motion(&portrait, &HeadPose { translation: [3.0, 0.0], ..Default::default() });
        assert!(rigid.shift.norm() <= 0.351 * portrait.iod);
    }
}
