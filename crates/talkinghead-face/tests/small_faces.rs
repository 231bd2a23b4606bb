//! Faces that are small in large pictures are found, and nothing is taken for one that is none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod made_scenes;

use std::convert::Infallible;

use image::RgbImage;
use made_scenes::{KINDS, paste, without_people};
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTracker, Landmarks, StillFace};

fn portrait(networks: &FaceNetworks) -> (RgbImage, Landmarks) {
    let picture = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/astronaut.png")).unwrap().to_rgb8();
    let face = networks.still_face(&picture, FaceChoice::Main).unwrap();
    (picture, face.landmarks)
}

fn lies_at(face: &StillFace, place: [f32; 2], iod: f32) -> bool {
    let (a, b) = (face.landmarks.points()[468], face.landmarks.points()[473]);
    let off = [0, 1].map(|k| (a[k] + b[k]) / 2.0 - place[k]);
    off[0].hypot(off[1]) < 0.2 * iod && (0.85..1.15).contains(&(face.landmarks.interocular_distance() / iod))
}

#[test]
fn faces_of_24_pixels_between_the_eyes_and_more_are_found_in_pictures_of_all_sizes() {
    let networks = FaceNetworks::load();
    let (picture, landmarks) = portrait(&networks);
    let cases =
        [(1280, 720, 24.0), (1920, 1080, 24.0), (3840, 2160, 24.0), (1080, 1920, 40.0), (3840, 2160, 70.0), (1280, 720, 60.0)];
    for (number, (width, height, iod)) in cases.into_iter().enumerate() {
        let mut scene = without_people(number, width, height);
        // Near a corner each.
        let at = |length: u32, far: bool| if far { length as f32 - 2.0 * iod } else { 2.0 * iod };
        let place = [at(width, number % 2 == 1), at(height, number % 4 > 1)];
        paste(&mut scene, &picture, &landmarks, iod, place);
        let face = networks.still_face(&scene, FaceChoice::Main).unwrap();
        assert!(lies_at(&face, place, iod), "{width}x{height} {iod}");
    }
}

#[test]
fn pictures_without_people_have_no_face() {
    let networks = FaceNetworks::load();
    for kind in 0..KINDS {
        let found = networks.turned_face(&without_people(kind, 700, 500), FaceChoice::Main).map(|(turn, _)| turn);
        assert!(matches!(found, Err(FaceError::NoFace { .. })), "kind {kind}: {found:?}");
    }
}

#[test]
fn a_number_counts_large_and_small_faces() {
    let networks = FaceNetworks::load();
    let (picture, landmarks) = portrait(&networks);
    let mut scene = without_people(19, 1920, 1080);
    let places = [[200.0, 900.0], [900.0, 500.0], [1700.0, 150.0]];
    let distances = [28.0, 150.0, 50.0];
    // The large one first: its picture covers much.
    for number in [1, 0, 2] {
        paste(&mut scene, &picture, &landmarks, distances[number], places[number]);
    }
    assert!(lies_at(&networks.still_face(&scene, FaceChoice::Main).unwrap(), places[1], 150.0));
    for (number, iod) in distances.into_iter().enumerate() {
        let face = networks.still_face(&scene, FaceChoice::Index(number)).unwrap();
        assert!(lies_at(&face, places[number], iod), "{number}");
    }
    assert!(matches!(networks.still_face(&scene, FaceChoice::Index(3)), Err(FaceError::NoSuchFace { found: 3, .. })));
}

#[test]
fn a_small_face_is_followed_through_a_video_and_found_again() {
    let networks = FaceNetworks::load();
    let (picture, landmarks) = portrait(&networks);
    let empty = without_people(19, 1280, 720);
    let frames = (0..10).map(|t| {
        let mut frame = empty.clone();
        if !(4..6).contains(&t) {
            paste(&mut frame, &picture, &landmarks, 30.0, [400.0 + 2.0 * t as f32, 300.0]);
        }
        Ok::<_, Infallible>(frame)
    });
    let track = FaceTracker::new(&networks, FaceChoice::Main).track(frames).unwrap();
    let gaps: Vec<_> = track.gaps.iter().map(|gap| (gap.first, gap.frames)).collect();
    assert_eq!(gaps, [(4, 2)]);
    assert!((track.frames[9].landmarks.interocular_distance() - 30.0).abs() < 3.0);
}
