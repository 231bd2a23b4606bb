//! Time of the mouth's stages at 512x512: fill, mask, scene, retrieval and overlay.

use std::sync::Arc;

use divan::{Bencher, black_box};
use image::{Rgb, RgbImage};
use nalgebra::{Matrix3, Vector3};
use talkinghead_face::{CanonicalMesh, HeadPose, LIP_PAIRS, Landmarks, RigidFit};
use talkinghead_render::{
    Canvas, Mask, MouthBank, MouthBankOptions, MouthPlanner, MouthScene, MouthTarget, PortraitGeometry, PosedFace, RigidMotion,
    fill, polygon,
};

fn main() {
    divan::main();
}

/// The canonical face in a 512x512 picture (84 pixels between the eyes) with its lips `gap` interocular distances apart.
fn speaking(gap: f32) -> Landmarks {
    let fit = RigidFit { scale: 14.0, rotation: HeadPose::default().rotation(), translation: Vector3::new(256.0, 230.0, 0.0) };
    let mesh = &CanonicalMesh::get().vertices;
    let mut points = mesh.clone();
    for corners in [[33, 133], [362, 263]] {
        let centre: [f32; 3] = std::array::from_fn(|k| 0.5 * (mesh[corners[0]][k] + mesh[corners[1]][k]));
        points.push(centre);
        points.extend([(0.6, 0.0), (0.0, -0.6), (-0.6, 0.0), (0.0, 0.6)].map(|(x, y)| [centre[0] + x, centre[1] + y, centre[2]]));
    }
    for (upper, lower) in LIP_PAIRS {
        points[lower] = [points[upper][0], points[upper][1] + 6.0 * gap, points[upper][2]];
    }
    for i in [17, 84, 181, 314, 405] {
        points[i][1] += 6.0 * gap;
    }
    Landmarks::from_fn(|i| fit.to_picture(points[i]))
}

fn picture() -> RgbImage {
    RgbImage::from_fn(512, 512, |x, y| {
        let v = ((x * 31 + y * 17) % 60) as u8;
        Rgb([150 + v, 100 + v / 2, 80 + v / 3])
    })
}

fn posed(gap: f32) -> (PortraitGeometry, PosedFace) {
    let portrait = PortraitGeometry::from_landmarks(&speaking(gap));
    let rigid =
        RigidMotion { rotation: Matrix3::identity(), scale: 1.0, centre: portrait.centre.into(), shift: Vector3::zeros() };
    let face = PosedFace {
        points: portrait.vertices.clone(),
        frontal: portrait.frontal.clone(),
        rigid,
        jaw_drop: gap,
        lip_gaps: [gap; 9],
        blink: [0.0; 2],
        gaze: [0.0; 2],
    };
    (portrait, face)
}

fn bank() -> Arc<MouthBank> {
    let frame = picture();
    let frames = (0..150).map(|t| (frame.clone(), speaking(0.1 + 0.1 * (t as f32 * 0.37).sin())));
    Arc::new(MouthBank::from_frames(frames, MouthBankOptions::default()))
}

#[divan::bench]
fn pull_push_200x200(bencher: Bencher) {
    let canvas = Canvas::filled(200, 200, [90.0; 3]);
    let weight = Mask { width: 200, height: 200, data: (0..40_000).map(|i| if i % 200 < 60 { 1.0 } else { 0.0 }).collect() };
    bencher.bench_local(|| fill::pull_push(black_box(&canvas), black_box(&weight)));
}

#[divan::bench]
fn polygon_100x40(bencher: Bencher) {
    let ring: Vec<[f32; 2]> =
        (0..20).map(|i| (i as f32 * 0.314).sin_cos()).map(|(s, c)| [50.0 + 45.0 * c, 20.0 + 17.0 * s]).collect();
    bencher.bench_local(|| polygon::polygon_mask(black_box(&ring), polygon::Region::whole(100, 40)));
}

#[divan::bench]
fn scene_wide_open(bencher: Bencher) {
    let (portrait, _) = posed(0.0);
    let (_, face) = posed(0.25);
    let mut canvas = Canvas::from_rgb(&picture());
    let scene = MouthScene::prepare(&canvas, &portrait);
    bencher.bench_local(|| scene.paint(black_box(&mut canvas), black_box(&face)));
}

#[divan::bench]
fn overlay(bencher: Bencher) {
    let bank = bank();
    let (portrait, face) = posed(0.12);
    let target = MouthTarget::of_posed_face(&portrait, &face);
    let choice = bank.plan(&[target])[0].clone();
    let mut canvas = Canvas::from_rgb(&picture());
    bencher.bench_local(|| bank.overlay(black_box(&mut canvas), black_box(&face), portrait.iod, black_box(&choice)));
}

#[divan::bench]
fn plan_one_frame(bencher: Bencher) {
    let mut planner = MouthPlanner::new(bank(), 50);
    let targets: Vec<MouthTarget> =
        (0..40).map(|t| MouthTarget::of_landmarks(&speaking(0.1 + 0.1 * (t as f32 * 0.5).sin()))).collect();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % targets.len();
        planner.push(black_box(&targets[next]))
    });
}
