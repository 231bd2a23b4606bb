//! References that hold no usable face, or nothing at all.

use crate::program::Place;

fn generate(reference: &str) -> String {
    format!("generate --reference {reference} --audio speech.wav --output out.mp4")
}

#[test]
fn no_face() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i testsrc=size=320x320 -frames:v 1", "pattern.png");
    place.fail(&generate("pattern.png"), 1, &["pattern.png", "face"]);
    place.ffmpeg("-f lavfi -i testsrc=size=320x240:rate=25:duration=0.4 -pix_fmt yuv420p", "pattern.mp4");
    place.fail(&generate("pattern.mp4"), 1, &["pattern.mp4", "face"]);
}

#[test]
fn a_face_that_is_too_small() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -vf scale=48:48", portrait.display()), "tiny.png");
    let failure = place.fail(&generate("tiny.png"), 1, &["tiny.png", "face"]);
    assert!(failure.error.contains("pixels") || failure.hint.contains("pixels"), "{failure:?}");
}

#[test]
fn a_number_of_a_face_that_is_not_there() {
    let place = Place::new();
    place.fail(&format!("{} --face 7", generate("portrait.jpg")), 1, &["face"]);
}

#[test]
fn missing_and_unreadable() {
    let place = Place::new();
    place.fail(&generate("none.jpg"), 1, &["none.jpg", "does not exist"]);
    std::fs::create_dir(place.at("empty")).unwrap();
    place.fail(&generate("empty"), 1, &["empty", "no pictures"]);
    if cfg!(target_os = "linux") {
        place.fail(&generate("/proc/self/mem"), 1, &["/proc/self/mem", "cannot read"]);
        place.fail(&generate("/dev/null"), 1, &["/dev/null", "not a regular file"]);
    }
}

#[test]
fn a_recording_in_place_of_a_picture() {
    let place = Place::new();
    place.fail(&generate("speech.wav"), 1, &["speech.wav", "no picture"]);
}

#[test]
fn corrupt() {
    let place = Place::new();
    place.write("noise.mp4", (0..9000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<u8>>());
    place.fail(&generate("noise.mp4"), 1, &["noise.mp4"]);
    place.write("empty.jpg", []);
    place.fail(&generate("empty.jpg"), 1, &["empty.jpg"]);
    let jpeg = std::fs::read(place.at("portrait.jpg")).unwrap();
    place.write("start.jpg", &jpeg[..300]);
    place.fail(&generate("start.jpg"), 1, &["start.jpg"]);
    // The index of an mp4 lies at its end unless asked otherwise.
    place.ffmpeg("-f lavfi -i testsrc=size=320x240:rate=25:duration=2 -pix_fmt yuv420p", "whole.mp4");
    let video = std::fs::read(place.at("whole.mp4")).unwrap();
    place.write("half.mp4", &video[..video.len() / 2]);
    let failure = place.fail(&generate("half.mp4"), 1, &["half.mp4", "moov atom not found"]);
    assert!(!failure.error.contains("0x"), "no addresses: {failure:?}");
}

#[test]
fn a_video_that_breaks_off_is_used_as_far_as_it_goes() {
    let place = Place::new();
    place.video("whole.mp4", 6);
    let video = std::fs::read(place.at("whole.mp4")).unwrap();
    place.write("half.mp4", &video[..video.len() / 2]);
    let said = place.succeed(&generate("half.mp4"));
    assert!(said.contains("warning: ") && said.contains("half.mp4 breaks off"), "{said}");
    assert!(place.at("out.mp4").exists());
}

#[test]
fn a_picture_named_mp4_is_a_picture() {
    let place = Place::new();
    std::fs::rename(place.at("portrait.jpg"), place.at("portrait.mp4")).unwrap();
    place.succeed(&generate("portrait.mp4"));
    assert!(place.at("out.mp4").exists());
}
