//! The mouth as a whole: what is painted at which opening.

use super::scene::MouthScene;
use crate::picture::canvas::Canvas;
use crate::portrait::expression::ExpressionScale;
use crate::portrait::geometry::{PortraitGeometry, PosedFace};
use crate::portrait::pose::pose_face;
use crate::synthetic_face::landmarks;
use talkinghead_face::{FaceMotion, HeadPose};

/// A grey-brown face with white eyes and red lips, and its geometry.
fn portrait() -> (Canvas, PortraitGeometry) {
    let face = landmarks(&HeadPose { yaw: 4.0, roll: 3.0, ..Default::default() }, 14.0);
    let mut portrait = PortraitGeometry::from_landmarks(&face);
    // The canonical face's lips stand a little apart; this one is photographed with closed lips.
    portrait.gap = 0.0;
    let data = (0..512 * 512).map(|i| [170.0 + (i % 7) as f32, 120.0, 100.0 + (i % 5) as f32]).collect();
    (Canvas { width: 512, height: 512, data }, portrait)
}

fn speaking(portrait: &PortraitGeometry, gap: f32) -> PosedFace {
    let mut motion = FaceMotion::neutral();
    motion.lip_gaps = [0.35, 0.61, 0.83, 0.96, 1.0, 0.96, 0.83, 0.61, 0.35].map(|share| share * gap);
    pose_face(portrait, ExpressionScale::of(portrait), &motion).0
}

#[test]
fn closed_lips_paint_nothing() {
    let (picture, portrait) = portrait();
    let scene = MouthScene::prepare(&picture, &portrait);
    let mut frame = picture.clone();
    scene.paint(&mut frame, &speaking(&portrait, 0.0));
    assert!(frame == picture, "a closed mouth was painted");
}

#[test]
fn lips_that_were_drawn_together_get_a_dark_line() {
    let (picture, mut portrait) = portrait();
    portrait.gap = 0.2;
    let scene = MouthScene::prepare(&picture, &portrait);
    let mut frame = picture.clone();
    let face = speaking(&portrait, 0.0);
    scene.paint(&mut frame, &face);
    let at = |dy: f32| frame.bilinear(face.points[13][0], face.points[13][1] + dy)[1];
    assert!(at(0.0) < 85.0 && at(6.0) > 118.0, "{} {}", at(0.0), at(6.0));
}

#[test]
fn an_open_mouth_shows_teeth_above_a_dark_cavity() {
    let (picture, portrait) = portrait();
    let scene = MouthScene::prepare(&picture, &portrait);
    let mut frame = picture.clone();
    let face = speaking(&portrait, 0.25);
    scene.paint(&mut frame, &face);
    let at = |share: f32| {
        let (a, b) = (face.points[13], face.points[14]);
        let p: [f32; 2] = std::array::from_fn(|k| a[k] + share * (b[k] - a[k]));
        frame.bilinear(p[0] + 3.0, p[1])[1]
    };
    assert!(at(0.3) > 1.5 * at(0.6), "{} {}", at(0.3), at(0.6));
}

/// The darkest green on the line between the lips' middles.
fn darkest(frame: &Canvas, face: &PosedFace) -> f32 {
    let (a, b) = (face.points[13], face.points[14]);
    let share = |k: usize, t: f32| a[k] + t * (b[k] - a[k]);
    (1..10).map(|i| i as f32 / 10.0).map(|t| frame.bilinear(share(0, t), share(1, t))[1]).fold(f32::MAX, f32::min)
}

#[test]
fn a_small_opening_is_no_black_slit() {
    let (picture, portrait) = portrait();
    let scene = MouthScene::prepare(&picture, &portrait);
    for gap in [0.02, 0.04, 0.08, 0.14, 0.25] {
        let mut frame = picture.clone();
        let face = speaking(&portrait, gap);
        scene.paint(&mut frame, &face);
        // Real mouths of 25 people: the tenth darkest of their pixels has a quarter to a third of the skin's light.
        let least = darkest(&frame, &face);
        assert!(least > 0.26 * 120.0 && least < 0.85 * 120.0, "gap {gap}: {least}");
    }
}

#[test]
fn a_rounded_mouth_draws_its_lips_over_the_teeth() {
    let (picture, portrait) = portrait();
    let scene = MouthScene::prepare(&picture, &portrait);
    let brightest = |narrower: f32| {
        let mut motion = FaceMotion::neutral();
        motion.lip_gaps = [0.35, 0.61, 0.83, 0.96, 1.0, 0.96, 0.83, 0.61, 0.35].map(|share| share * 0.11);
        for (moved, at) in motion.displacement.iter_mut().zip(&portrait.neutral) {
            moved[0] = -narrower * at[0];
        }
        let face = pose_face(&portrait, ExpressionScale::of(&portrait), &motion).0;
        let mut frame = picture.clone();
        scene.paint(&mut frame, &face);
        let (a, b) = (face.points[13], face.points[14]);
        let at = |t: f32| frame.bilinear(a[0] + 2.0 + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))[1];
        (2..9).map(|i| at(i as f32 / 10.0)).fold(0.0, f32::max)
    };
    assert!(brightest(0.0) > 1.15 * brightest(0.25), "{} {}", brightest(0.0), brightest(0.25));
}

#[test]
fn the_scene_is_continuous_in_the_gap() {
    let (picture, portrait) = portrait();
    let scene = MouthScene::prepare(&picture, &portrait);
    let painted = |gap: f32| {
        let mut frame = picture.clone();
        scene.paint(&mut frame, &speaking(&portrait, gap));
        frame
    };
    let mut last = painted(0.0);
    // Steps of a sixth of a pixel: no pixel may jump by much more than an edge's share of that.
    for step in 1..100 {
        let next = painted(0.002 * step as f32);
        let jump = next.data.iter().zip(&last.data).map(|(a, b)| (a[1] - b[1]).abs()).fold(0.0, f32::max);
        assert!(jump < 40.0, "step {step}: {jump}");
        last = next;
    }
}
