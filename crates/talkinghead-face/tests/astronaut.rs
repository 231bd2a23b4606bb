//! The networks against MediaPipe 0.10.21's FaceLandmarker on one public-domain portrait.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use talkinghead_face::{CanonicalMesh, FaceChoice, FaceError, FaceNetworks, FaceRegion};

#[derive(serde::Deserialize)]
struct Fixture {
    detection: FixtureDetection,
    landmarks: Vec<[f32; 3]>,
    blendshapes: BTreeMap<String, f32>,
}

#[derive(serde::Deserialize)]
struct FixtureDetection {
    score: f32,
    box_px: [f32; 4],
    keypoints_px: [[f32; 2]; 6],
}

fn fixture() -> (image::RgbImage, Fixture) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let picture = image::open(format!("{folder}/astronaut.png")).unwrap().to_rgb8();
    let text = std::fs::read_to_string(format!("{folder}/astronaut_facelandmarker.json")).unwrap();
    (picture, serde_json::from_str(&text).unwrap())
}

#[test]
fn detector_and_one_mesh_pass_equal_mediapipe() {
    let (picture, expected) = fixture();
    let networks = FaceNetworks::load();
    let faces = networks.find_faces(&picture).unwrap();
    assert_eq!(faces.len(), 1);
    let face = &faces[0];
    assert!((face.score - expected.detection.score).abs() < 1e-3);
    for (found, wanted) in face.bounds.iter().zip(expected.detection.box_px) {
        assert!((found - wanted).abs() < 0.05, "{found} {wanted}");
    }
    for (found, wanted) in face.keypoints.iter().flatten().zip(expected.detection.keypoints_px.iter().flatten()) {
        assert!((found - wanted).abs() < 0.05, "{found} {wanted}");
    }

    let pass = networks.mesh_pass(&picture, &face.region()).unwrap();
    assert!(pass.presence > 0.9);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let mut distances = Vec::new();
    for (p, q) in pass.landmarks.points().iter().zip(&expected.landmarks) {
        distances.push(((p[0] - q[0] * width).powi(2) + (p[1] - q[1] * height).powi(2)).sqrt());
        assert!((p[2] - q[2] * width).abs() < 0.1);
    }
    let mean = distances.iter().sum::<f32>() / distances.len() as f32;
    assert!(mean < 0.01, "mean distance {mean} px");
    assert!(distances.iter().all(|&d| d < 0.03));

    let scores = networks.blendshapes(&pass.landmarks).unwrap();
    for (name, score) in CanonicalMesh::get().blendshape_names.iter().zip(scores) {
        assert!((score - expected.blendshapes[name]).abs() < 0.004, "{name} {score} {}", expected.blendshapes[name]);
    }
}

#[test]
fn a_still_face_rests_after_three_passes() {
    let (picture, expected) = fixture();
    let networks = FaceNetworks::load();
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    let unit = face.landmarks.interocular_distance();
    let mean = |points: &[[f32; 3]], scale: f32| {
        let sum: f32 =
            face.landmarks.points().iter().zip(points).map(|(p, q)| (p[0] - q[0] * scale).hypot(p[1] - q[1] * scale)).sum();
        sum / points.len() as f32 / unit
    };
    assert!(mean(&expected.landmarks, picture.width() as f32) < 0.02);
    let once_more = networks.mesh_pass(&picture, &FaceRegion::around_landmarks(&face.landmarks)).unwrap();
    assert!(mean(once_more.landmarks.points(), 1.0) < 0.01);
}

#[test]
fn a_picture_without_a_face_is_refused() {
    let networks = FaceNetworks::load();
    let sky = image::RgbImage::from_fn(320, 200, |x, y| image::Rgb([x as u8, 120, y as u8]));
    assert!(matches!(networks.still_face(&sky, FaceChoice::Main), Err(FaceError::NoFace { .. })));
    let dot = image::RgbImage::new(4, 4);
    assert!(matches!(networks.still_face(&dot, FaceChoice::Main), Err(FaceError::PictureSize { .. })));
}

#[test]
fn a_small_face_is_found_in_parts_of_the_picture_or_refused() {
    let (picture, _) = fixture();
    let networks = FaceNetworks::load();
    let scene = |side: u32| {
        let mut scene = image::RgbImage::from_pixel(1600, 1000, image::Rgb([40, 60, 80]));
        let small = image::imageops::resize(&picture, side, side, image::imageops::FilterType::Triangle);
        image::imageops::replace(&mut scene, &small, 900, 500);
        scene
    };
    let face = networks.still_face(&scene(300), FaceChoice::Main).unwrap();
    assert!(face.landmarks.interocular_distance() > 20.0);
    assert!(matches!(
        networks.still_face(&scene(150), FaceChoice::Main),
        Err(FaceError::FaceTooSmall { .. } | FaceError::NoFace { .. })
    ));
}

#[test]
fn one_person_is_recognised_across_size_and_light() {
    let (picture, _) = fixture();
    let networks = FaceNetworks::load();
    let embed = |picture: &image::RgbImage| {
        let face = networks.still_face(picture, FaceChoice::Main).unwrap();
        networks.identity(picture, &face.landmarks).unwrap()
    };
    let original = embed(&picture);
    let length = original.values.iter().map(|v| v * v).sum::<f32>().sqrt();
    assert!((1.0..1.8).contains(&length), "{length}");
    let large = image::imageops::resize(&picture, 1536, 1536, image::imageops::FilterType::CatmullRom);
    let dark = image::imageops::brighten(&picture, -40);
    assert!(original.distance(&embed(&large)) < 0.2);
    assert!(original.same_person(&embed(&dark)));
}

#[test]
fn the_mattes_hold_the_face_and_not_the_background() {
    let (picture, _) = fixture();
    let networks = FaceNetworks::load();
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    let person = networks.person_matte(&picture).unwrap();
    assert_eq!(person.values.len(), 512 * 512);
    let nose = face.landmarks.points()[1];
    assert!(person.at(nose[0] as u32, nose[1] as u32) > 0.9);
    assert!(person.at(400, 100) < 0.1);
    let hair = networks.hair_matte(&picture, &face.landmarks).unwrap();
    assert!(hair.at(nose[0] as u32, nose[1] as u32) < 0.1);
    let forehead = face.landmarks.points()[10];
    assert!(hair.at(forehead[0] as u32, forehead[1] as u32 - 30) > 0.6);
}
