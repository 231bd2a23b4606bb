//! Following a face through made-up videos: the public-domain portrait moved about, hidden and doubled.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;

use image::{Rgb, RgbImage, imageops};
use talkinghead_face::{FaceChoice, FaceError, FaceNetworks, FaceTrack, FaceTracker};

const GREY: Rgb<u8> = Rgb([90; 3]);

fn portrait() -> RgbImage {
    let picture = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/astronaut.png")).unwrap().to_rgb8();
    imageops::crop_imm(&picture, 80, 0, 280, 280).to_image()
}

fn scene(places: &[(i64, i64, u32)]) -> RgbImage {
    let mut scene = RgbImage::from_pixel(640, 360, GREY);
    for &(x, y, side) in places {
        let face = imageops::resize(&portrait(), side, side, imageops::FilterType::Triangle);
        imageops::replace(&mut scene, &face, x, y);
    }
    scene
}

fn track(frames: Vec<RgbImage>, choice: FaceChoice) -> Result<FaceTrack, FaceError> {
    FaceTracker::new(&FaceNetworks::load(), choice).track(frames.into_iter().map(Ok::<_, Infallible>))
}

fn nose_x(track: &FaceTrack) -> Vec<f32> {
    track.frames.iter().map(|f| f.landmarks.points()[1][0]).collect()
}

#[test]
fn a_moving_face_is_followed() {
    let track = track((0..12).map(|t| scene(&[(20 + 10 * t, 40, 280)])).collect(), FaceChoice::Main).unwrap();
    assert!(track.gaps.is_empty());
    let x = nose_x(&track);
    for pair in x.windows(2) {
        assert!((pair[1] - pair[0] - 10.0).abs() < 1.5, "{x:?}");
    }
}

#[test]
fn a_hidden_face_is_interpolated_and_found_again() {
    let mut frames: Vec<RgbImage> = (0..4).map(|_| scene(&[(20, 40, 280)])).collect();
    frames.extend((0..5).map(|_| scene(&[])));
    frames.extend((0..4).map(|_| scene(&[(330, 40, 280)])));
    let track = track(frames, FaceChoice::Main).unwrap();
    assert_eq!(track.frames.len(), 13);
    assert_eq!((track.gaps.len(), track.gaps[0].first, track.gaps[0].frames), (1, 4, 5));
    let x = nose_x(&track);
    assert!((x[12] - x[0] - 310.0).abs() < 3.0);
    assert!((x[6] - (x[0] + x[12]) / 2.0).abs() < 3.0, "the middle of the gap lies half way");
}

#[test]
fn faces_are_numbered_from_the_left() {
    let frames = || (0..3).map(|_| scene(&[(10, 60, 200), (300, 20, 320)])).collect::<Vec<_>>();
    let left = nose_x(&track(frames(), FaceChoice::Index(0)).unwrap())[2];
    let right = nose_x(&track(frames(), FaceChoice::Index(1)).unwrap())[2];
    let main = nose_x(&track(frames(), FaceChoice::Main).unwrap())[2];
    assert!(left < 210.0 && right > 300.0 && (main - right).abs() < 1.0);
    assert!(matches!(track(frames(), FaceChoice::Index(2)), Err(FaceError::NoSuchFace { wanted: 2, found: 2 })));
}

#[test]
fn a_face_that_is_always_too_small_is_said_to_be() {
    let networks = FaceNetworks::load();
    let tiny = scene(&[(250, 100, 90)]);
    let seen = !networks.find_faces(&tiny).unwrap().is_empty();
    let error = track(vec![tiny; 2], FaceChoice::Main).unwrap_err();
    assert!(if seen { matches!(error, FaceError::FaceTooSmall { .. }) } else { matches!(error, FaceError::NoFace { .. }) });
}

#[test]
fn a_frame_that_cannot_be_read_ends_the_track_with_its_own_words() {
    let broken = FaceError::Frame { message: "frame 3 is torn".into(), hint: Some("read it again".into()) };
    let frames = [Ok(scene(&[(20, 40, 280)])), Err(broken)];
    let error = FaceTracker::new(&FaceNetworks::load(), FaceChoice::Main).track(frames).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.hint().as_deref()), ("frame 3 is torn", Some("read it again")));
}

#[test]
fn the_track_never_changes_over_to_somebody_else() {
    let demo = |name: &str| {
        let picture = image::open(format!("{}/../../assets/demo/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap().to_rgb8();
        imageops::resize(&picture, 360, 360, imageops::FilterType::Triangle)
    };
    let person = portrait();
    let other = demo("hopper.jpg");
    // A cut to somebody else in the same place, and back.
    let person = imageops::resize(&person, 360, 360, imageops::FilterType::Triangle);
    let mut frames = vec![person.clone(); 3];
    frames.extend(vec![other; 4]);
    frames.extend(vec![person; 3]);
    let track = track(frames, FaceChoice::Main).unwrap();
    assert_eq!((track.gaps.len(), track.gaps[0].first, track.gaps[0].frames), (1, 3, 4));
}
