//! `inspect`: a clip folder to look at, and folders that are broken.

use talkinghead_dataset::geometry::posed;
use talkinghead_face::{ReferencePose, standard_face};
use talkinghead_formats::{NpyArray, NpyType};

use crate::program::Place;

const FRAMES: usize = 12;

/// A place with a clip folder `clip` as the reference makes them, of a head that turns over a test picture.
fn place_with_clip() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.at("clip")).unwrap();
    let seconds = FRAMES as f64 / 25.0;
    place.ffmpeg(
        &format!("-f lavfi -i testsrc=size=256x256:rate=25:duration={seconds} -pix_fmt yuv420p"),
        "clip/00003_aligned.mp4",
    );
    place.ffmpeg(
        &format!("-f lavfi -i color=red:size=256x256:rate=25:duration={seconds} -pix_fmt yuv420p"),
        "clip/00003_aligned_ani.mp4",
    );
    place.ffmpeg(&format!("-i {} -t {seconds}", place.at("speech.wav").display()), "clip/00003.wav");
    let rows: Vec<[f64; 6]> = (0..FRAMES).map(|i| [0.0, 0.03 * i as f64 - 0.2, 0.05, 2.0, -1.0, 0.5]).collect();
    let front = standard_face();
    let landmarks: Vec<Vec<[f64; 3]>> = rows.iter().map(|row| posed(&ReferencePose::from_rt(*row), &front)).collect();
    place.write("clip/00003_aligned.npy", NpyArray::from_points(&landmarks).to_bytes(NpyType::Float32));
    place.write("clip/00003_aligned_rt.npy", NpyArray::from_rows(&rows).to_bytes(NpyType::Float64));
    place.write("clip/00003_aligned_front.npy", NpyArray::from_points(&vec![front; FRAMES]).to_bytes(NpyType::Float64));
    place
}

#[test]
fn a_clip_becomes_a_video_with_sound() {
    let place = place_with_clip();
    let output = place.run("inspect clip --output look.mp4 --json");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (report["frames"].as_u64(), report["warnings"].as_array().map(Vec::len)),
        (Some(FRAMES as u64), Some(0)),
        "{report}"
    );
    let info = talkinghead_media::probe(&place.at("look.mp4"), &talkinghead_media::Limits::default()).unwrap();
    assert!(info.audio.is_some(), "{info:?}");
    let frames: Vec<image::RgbImage> =
        talkinghead_media::FrameReader::open(&place.at("look.mp4"), &talkinghead_media::Limits::default())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
    assert_eq!(frames.len(), FRAMES);
    // The third tile is the projection, here red.
    let pixel = frames[5].get_pixel(frames[5].width() * 5 / 6, 250).0;
    assert!(pixel[0] > 200 && pixel[1] < 60, "{pixel:?}");
}

#[test]
fn the_output_is_named_after_the_folder() {
    let place = place_with_clip();
    place.succeed("inspect clip");
    assert!(place.at("clip_inspect.mp4").exists());
    place.succeed("inspect clip/00003_aligned.mp4");
    assert!(place.at("00003_aligned_inspect.mp4").exists());
}

#[test]
fn what_is_not_needed_may_be_missing() {
    let place = place_with_clip();
    std::fs::remove_file(place.at("clip/00003_aligned_ani.mp4")).unwrap();
    std::fs::remove_file(place.at("clip/00003.wav")).unwrap();
    let said = place.succeed("inspect clip --output look.mp4");
    assert!(
        said.contains("warning: the clip has no projection video") && said.contains("warning: the clip has no sound"),
        "{said}"
    );
}

#[test]
fn broken_folders() {
    let spoil: [(&str, &dyn Fn(&Place), &str); 7] = [
        ("no folder", &|place| std::fs::remove_dir_all(place.at("clip")).unwrap(), "clip"),
        ("no poses", &|place| std::fs::remove_file(place.at("clip/00003_aligned_rt.npy")).unwrap(), "poses"),
        ("no video", &|place| std::fs::remove_file(place.at("clip/00003_aligned.mp4")).unwrap(), "video"),
        ("an empty video", &|place| place.write("clip/00003_aligned.mp4", b""), "00003_aligned.mp4"),
        ("landmarks cut short", &|place| cut_short(place, "clip/00003_aligned.npy"), "00003_aligned.npy"),
        ("poses that are text", &|place| place.write("clip/00003_aligned_rt.npy", b"0 0 0"), "00003_aligned_rt.npy"),
        ("a projection cut short", &|place| cut_short(place, "clip/00003_aligned_ani.mp4"), "00003_aligned_ani.mp4"),
    ];
    for (what, spoil, word) in spoil {
        let place = place_with_clip();
        spoil(&place);
        let failure = place.fail("inspect clip --output look.mp4", 1, &[word]);
        assert!(!failure.hint.is_empty(), "{what}");
    }
    let place = place_with_clip();
    place.fail("inspect portrait.jpg --output look.mp4", 1, &["portrait.jpg"]);
    place.fail("inspect clip --output nowhere/look.mp4", 1, &["nowhere"]);
}

/// Fewer poses than landmarks, and a video shorter than both.
#[test]
fn files_that_do_not_belong_together() {
    let place = place_with_clip();
    place.write("clip/00003_aligned_rt.npy", NpyArray::from_rows(&[[0.0; 6]; 3]).to_bytes(NpyType::Float64));
    place.fail("inspect clip --output look.mp4", 1, &["3 poses", "12"]);
    let place = place_with_clip();
    place.ffmpeg("-f lavfi -i testsrc=size=256x256:rate=25:duration=0.2 -pix_fmt yuv420p", "clip/00003_aligned.mp4");
    let said = place.succeed("inspect clip --output look.mp4");
    assert!(said.contains("warning: ") && said.contains("only 5 frames"), "{said}");
}

fn cut_short(place: &Place, name: &str) {
    let bytes = std::fs::read(place.at(name)).unwrap();
    place.write(name, &bytes[..bytes.len() / 2]);
}
