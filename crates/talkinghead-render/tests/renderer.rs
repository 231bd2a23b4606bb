//! The projection renderer from outside, on a made-up picture with the canonical face in it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use image::RgbImage;
use nalgebra::Vector3;
use talkinghead_face::{CanonicalMesh, FaceMotion, HeadPose, LIP_PAIRS, Landmarks, RigidFit};
use talkinghead_render::{ProjectionRenderer, RenderError, RenderOptions};

/// The canonical face with closed lips, `scale` pixels a centimetre.
fn landmarks(scale: f32, centre: [f32; 2]) -> Landmarks {
    let rotation = HeadPose::default().rotation();
    let fit = RigidFit { scale, rotation, translation: Vector3::new(centre[0], centre[1], 0.0) };
    let mut points: Vec<[f32; 3]> = CanonicalMesh::get().vertices.iter().map(|&p| fit.to_picture(p)).collect();
    for (upper, lower) in LIP_PAIRS {
        points[lower] = points[upper];
    }
    for corners in [[33, 133], [362, 263]] {
        let middle: [f32; 3] = std::array::from_fn(|k| 0.5 * (points[corners[0]][k] + points[corners[1]][k]));
        points.extend([middle; 5]);
    }
    Landmarks::new(points).unwrap()
}

fn pattern(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = 40.0 * ((x as f32 * 0.13).sin() + (y as f32 * 0.09).cos());
        image::Rgb([(120.0 + wave) as u8, (100.0 + 0.5 * wave) as u8, (x % 97) as u8])
    })
}

fn renderer(picture: &RgbImage, landmarks: &Landmarks) -> ProjectionRenderer {
    ProjectionRenderer::new(picture, landmarks, &[0.0; 52], None, &RenderOptions::default()).unwrap()
}

fn speaking() -> FaceMotion {
    FaceMotion {
        head_pose: HeadPose { yaw: 8.0, pitch: -5.0, roll: 4.0, ..Default::default() },
        lip_gaps: [0.05, 0.1, 0.12, 0.15, 0.15, 0.15, 0.12, 0.1, 0.05],
        blink: [0.4, 0.7],
        gaze: [0.05, 0.0],
        ..FaceMotion::neutral()
    }
}

#[test]
fn a_resting_face_is_the_photograph() {
    let picture = pattern(512, 512);
    let renderer = renderer(&picture, &landmarks(12.0, [256.0, 256.0]));
    assert!(renderer.frame(&FaceMotion::neutral()) == picture);
}

#[test]
fn far_pixels_keep_their_bytes() {
    let picture = pattern(900, 700);
    let renderer = renderer(&picture, &landmarks(9.0, [300.0, 300.0]));
    let frame = renderer.frame(&speaking());
    assert_eq!(frame.dimensions(), (900, 700));
    let same = |x, y| frame.get_pixel(x, y) == picture.get_pixel(x, y);
    for i in 0..700 {
        assert!(same(899 - i / 10, i) && same(i, 699 - i / 10));
    }
    assert!(frame != picture);
}

#[test]
fn a_turn_leaves_no_hole() {
    let picture = RgbImage::from_pixel(512, 512, image::Rgb([180, 140, 120]));
    let renderer = renderer(&picture, &landmarks(12.0, [256.0, 256.0]));
    for (yaw, pitch) in [(14.0, 0.0), (-14.0, 0.0), (0.0, 12.0), (5.0, -12.0)] {
        let head_pose = HeadPose { yaw, pitch, ..Default::default() };
        let frame = renderer.frame(&FaceMotion { head_pose, ..FaceMotion::neutral() });
        let worst = frame.as_raw().iter().zip(picture.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 1, "yaw {yaw} pitch {pitch}: {worst}");
    }
}

#[test]
fn a_face_at_the_picture_s_edge_leaves_no_bare_strip() {
    let picture = RgbImage::from_pixel(300, 260, image::Rgb([180, 140, 120]));
    let renderer = renderer(&picture, &landmarks(14.0, [150.0, 170.0]));
    let head_pose = HeadPose { yaw: 10.0, translation: [0.3, -0.3], ..Default::default() };
    let frame = renderer.frame(&FaceMotion { head_pose, ..FaceMotion::neutral() });
    assert!(frame.as_raw().iter().zip(picture.as_raw()).all(|(a, b)| a.abs_diff(*b) <= 1));
}

#[test]
fn closed_lips_have_no_gap_and_open_ones_the_gap_asked_for() {
    let picture = pattern(512, 512);
    let renderer = renderer(&picture, &landmarks(12.0, [256.0, 256.0]));
    assert_eq!(renderer.pose(&FaceMotion::neutral()).lip_gaps, [0.0; 9]);
    let open = renderer.pose(&speaking()).lip_gaps;
    assert!((open[4] - 0.15).abs() < 0.05, "{open:?}");
}

#[test]
fn frames_are_the_same_bytes_every_time_and_on_any_number_of_threads() {
    let picture = pattern(512, 512);
    let renderer = renderer(&picture, &landmarks(12.0, [256.0, 256.0]));
    let first = renderer.frame(&speaking());
    renderer.frame(&FaceMotion::neutral());
    assert!(renderer.frame(&speaking()) == first);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(5).build().unwrap();
    assert!(pool.install(|| renderer.frame(&speaking())) == first);
}

#[test]
fn a_projection_shows_the_face_on_black() {
    let picture = RgbImage::from_pixel(512, 512, image::Rgb([180, 140, 120]));
    let renderer = renderer(&picture, &landmarks(12.0, [256.0, 256.0]));
    let projection = renderer.project(&FaceMotion::neutral());
    assert_eq!(projection.landmarks.points().len(), 478);
    let nose = projection.landmarks.points()[4];
    assert_eq!(projection.image.get_pixel(nose[0] as u32, nose[1] as u32).0, [180, 140, 120]);
    assert_eq!(projection.image.get_pixel(5, 5).0, [0, 0, 0]);
    let covered = projection.cover.data.iter().filter(|&&v| v == 255).count();
    assert!((20_000..120_000).contains(&covered), "{covered}");
}

#[test]
fn impossible_faces_are_refused() {
    let picture = pattern(200, 200);
    let make =
        |landmarks: Landmarks| ProjectionRenderer::new(&picture, &landmarks, &[0.0; 52], None, &RenderOptions::default()).err();
    let tiny = landmarks(0.5, [100.0, 100.0]);
    assert!(matches!(make(tiny), Some(RenderError::FaceTooSmall { .. })));
    let outside = landmarks(8.0, [900.0, 100.0]);
    assert!(matches!(make(outside), Some(RenderError::FaceOutside { .. })));
    let mut broken = landmarks(8.0, [100.0, 100.0]);
    broken.points_mut()[7][1] = f32::NAN;
    assert!(matches!(make(broken), Some(RenderError::LandmarkNotFinite { index: 7 })));
}
