//! Faces that lie on their side or stand on their head.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;

use image::RgbImage;
use talkinghead_face::{FaceChoice, FaceNetworks, FaceTracker, Orientation, QuarterTurn};

fn people() -> Vec<RgbImage> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let files = ["tests/fixtures/astronaut.png", "../../assets/demo/hopper.jpg", "../../assets/demo/lincoln.jpg"];
    let open = |file: &str| image::open(format!("{folder}/{file}")).unwrap().to_rgb8();
    files.map(open).into_iter().map(|p| image::imageops::resize(&p, 400, 400, image::imageops::FilterType::Triangle)).collect()
}

const TURNS: [QuarterTurn; 4] = [QuarterTurn::None, QuarterTurn::Clockwise, QuarterTurn::Half, QuarterTurn::Counterclockwise];

#[test]
fn the_turn_of_a_picture_is_found_and_its_landmarks_fit() {
    let networks = FaceNetworks::load();
    for (number, upright) in people().into_iter().enumerate() {
        let wanted = networks.still_face(&upright, FaceChoice::Main).unwrap();
        for turn in TURNS {
            let (found, face) = networks.turned_face(&turn.back().turned(&upright), FaceChoice::Main).unwrap();
            assert_eq!(found, turn, "picture {number}");
            let unit = wanted.landmarks.interocular_distance();
            for (a, b) in face.landmarks.points().iter().zip(wanted.landmarks.points()) {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 0.08 * unit, "picture {number}, {turn:?}");
            }
        }
    }
}

#[test]
fn a_picture_turned_by_120_degrees_comes_within_45_of_upright() {
    let networks = FaceNetworks::load();
    let upright = &people()[0];
    let (sin, cos) = 120_f32.to_radians().sin_cos();
    let turned = RgbImage::from_fn(400, 400, |x, y| {
        let (x, y) = (x as f32 - 199.5, y as f32 - 199.5);
        let [u, v] = [cos * x + sin * y + 199.5, cos * y - sin * x + 199.5].map(|v| v.round().clamp(0.0, 399.0) as u32);
        *upright.get_pixel(u, v)
    });
    let (turn, face) = networks.turned_face(&turned, FaceChoice::Main).unwrap();
    assert_ne!(turn, QuarterTurn::None);
    let (a, b) = (face.landmarks.points()[33], face.landmarks.points()[263]);
    assert!((b[1] - a[1]).atan2(b[0] - a[0]).to_degrees().abs() < 45.0);
}

#[test]
fn a_video_is_turned_as_its_first_face_wants_it() {
    let networks = FaceNetworks::load();
    let upright = &people()[0];
    let frames = (0..3).map(|_| Ok::<_, Infallible>(QuarterTurn::Half.turned(upright)));
    let tracker = FaceTracker::new(&networks, FaceChoice::Main).with_orientation(Orientation::Searched);
    let track = tracker.track(frames).unwrap();
    assert_eq!((track.turn, track.gaps.len()), (QuarterTurn::Half, 0));
    let mouth = track.frames[2].landmarks.points()[13];
    let eye = track.frames[2].landmarks.points()[468];
    assert!(mouth[1] > eye[1]);
}
