//! References as people have them: far from the camera, turned, cut off, huge, of two people, of a closed mouth.

use image::RgbImage;
use serde_json::Value;

use crate::main_job::probe;
use crate::program::{Place, demo};

/// Runs `generate` with these references and more arguments; gives the report and what was said.
fn generate(place: &Place, arguments: &str) -> (Value, String) {
    let output = place.run(&format!("generate --audio speech.wav --output out.mp4 --json --reference {arguments}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

fn lines(report: &Value, key: &str) -> Vec<String> {
    report[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn first_frame(place: &Place, name: &str) -> RgbImage {
    let picture = format!("{name}.png");
    place.ffmpeg(&format!("-i {} -frames:v 1", place.at(name).display()), &picture);
    image::open(place.at(&picture)).unwrap().to_rgb8()
}

fn difference(a: &RgbImage, b: &RgbImage) -> f32 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: f32 = a.iter().zip(b.iter()).map(|(&x, &y)| f32::from(x.abs_diff(y))).sum();
    sum / a.len() as f32
}

#[test]
fn a_face_that_is_small_in_a_large_picture() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -vf scale=170:170,pad=1920:1080:1500:800:gray", portrait.display()), "far.png");
    let (report, _) = generate(&place, "far.png");
    assert_eq!(report["size"], serde_json::json!([1920, 1080]));
    let video = format!("-loop 1 -t 0.4 -i {} -r 25 -pix_fmt yuv420p", place.at("far.png").display());
    place.ffmpeg(&video, "far.mp4");
    generate(&place, "far.mp4");
}

#[test]
fn a_turned_picture_is_moved_as_its_upright_twin_and_shown_as_given() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -vf scale=360:400", portrait.display()), "upright.png");
    generate(&place, "upright.png --preview upright_first.png");
    let upright = image::open(place.at("upright_first.png")).unwrap().to_rgb8();
    for (filter, back) in [
        ("vflip,hflip", image::imageops::rotate180 as fn(&RgbImage) -> RgbImage),
        ("transpose=clock", image::imageops::rotate270),
    ] {
        place.ffmpeg(&format!("-i {} -vf {filter}", place.at("upright.png").display()), "turned.png");
        let (report, _) = generate(&place, "turned.png --preview turned_first.png");
        let turned = image::open(place.at("turned_first.png")).unwrap().to_rgb8();
        let expected = if filter.starts_with('v') { [360, 400] } else { [400, 360] };
        assert_eq!(report["size"], serde_json::json!(expected));
        assert!(lines(&report, "notes").iter().any(|note| note.contains("turned.png is ")), "{report}");
        let apart = difference(&back(&turned), &upright);
        assert!(apart < 0.5, "{filter}: {apart}");
    }
}

#[test]
fn a_mouth_beyond_the_edge_is_refused_and_a_chin_is_told() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -vf crop=470:250:0:0", portrait.display()), "no_mouth.png");
    place.fail("generate --reference no_mouth.png --audio speech.wav --output out.mp4", 1, &["no_mouth.png", "mouth", "outside"]);
    place.ffmpeg(&format!("-i {} -vf crop=470:318:0:0", portrait.display()), "no_chin.png");
    let (report, _) = generate(&place, "no_chin.png");
    assert!(lines(&report, "warnings").iter().any(|warning| warning.contains("chin")), "{report}");
    // As a second reference, the first is left out.
    let (report, _) = generate(&place, "portrait.jpg no_mouth.png");
    assert!(lines(&report, "warnings").iter().any(|warning| warning.contains("no_mouth.png is left out")), "{report}");
}

#[test]
fn somebody_else_among_the_references_is_left_out_unless_wanted() {
    let place = Place::new();
    for (name, picture) in [("first.jpg", "hopper.jpg"), ("other.jpg", "ride.jpg")] {
        std::fs::copy(demo(picture), place.at(name)).unwrap();
    }
    let (report, said) = generate(&place, "first.jpg other.jpg");
    assert!(lines(&report, "warnings").iter().any(|warning| warning.contains("other.jpg is left out")), "{report}");
    assert!(said.contains("--mix-identities"), "{said}");
    let alone = std::fs::read(place.at("out.mp4")).unwrap();
    let (report, _) = generate(&place, "first.jpg other.jpg --mix-identities");
    assert!(lines(&report, "warnings").iter().any(|warning| warning.contains("another person")), "{report}");
    assert!(std::fs::read(place.at("out.mp4")).unwrap() != alone, "the other's mouth was used");
    let (_, said) = generate(&place, "first.jpg");
    assert!(!said.contains("person"), "{said}");
    assert!(std::fs::read(place.at("out.mp4")).unwrap() == alone, "nothing of the other was used");
}

#[test]
fn a_huge_picture_is_made_smaller_unless_full_size_is_wanted() {
    let place = Place::new();
    let portrait = place.at("portrait.jpg");
    place.ffmpeg(&format!("-i {} -vf scale=1320:1320,pad=1320:1760", portrait.display()), "huge.jpg");
    let (report, _) = generate(&place, "huge.jpg");
    assert_eq!(report["size"], serde_json::json!([1080, 1440]));
    assert_eq!(probe(&place.at("out.mp4"), "v:0", "stream=width,height"), "1080,1440");
    assert!(lines(&report, "notes").iter().any(|note| note.contains("1080x1440") && note.contains("--full-size")), "{report}");
    let (report, _) = generate(&place, "huge.jpg --full-size");
    assert_eq!(report["size"], serde_json::json!([1320, 1760]));
    let video = format!("-loop 1 -t 0.4 -i {} -r 25 -pix_fmt yuv420p", place.at("huge.jpg").display());
    place.ffmpeg(&video, "huge.mp4");
    let (report, _) = generate(&place, "huge.mp4");
    assert_eq!(report["size"], serde_json::json!([1080, 1440]));
}

#[test]
fn the_report_says_the_size_that_the_file_has() {
    let place = Place::new();
    place.ffmpeg(&format!("-i {} -vf scale=413:411", place.at("portrait.jpg").display()), "odd.png");
    let (report, _) = generate(&place, "odd.png");
    assert_eq!(report["size"], serde_json::json!([414, 412]));
    assert_eq!(probe(&place.at("out.mp4"), "v:0", "stream=width,height"), "414,412");
    assert_eq!(first_frame(&place, "out.mp4").dimensions(), (414, 412));
}

#[test]
fn a_mask_is_refused() {
    let place = Place::new();
    let portrait = demo("hopper.jpg");
    // A light blue sheet from the nose to below the chin.
    let (width, height) = image::image_dimensions(&portrait).unwrap();
    let mut picture = image::open(&portrait).unwrap().to_rgb8();
    let networks = talkinghead_face::FaceNetworks::load();
    let face = networks.still_face(&picture, talkinghead_face::FaceChoice::Main).unwrap().landmarks;
    let p = face.points();
    for y in p[195][1] as u32..(p[152][1] as u32 + 10).min(height) {
        for x in p[132][0] as u32..(p[361][0] as u32).min(width) {
            picture.put_pixel(x, y, image::Rgb([140, 185, 205]));
        }
    }
    picture.save(place.at("masked.png")).unwrap();
    place.fail("generate --reference masked.png --audio speech.wav --output out.mp4", 1, &["masked.png", "mouth is covered"]);
}

#[test]
fn a_closed_mouth_alone_gets_a_hint_and_a_photograph_as_a_video_is_a_photograph() {
    let place = Place::new();
    let (report, said) = generate(&place, "portrait.jpg");
    let hinted = |report: &Value| lines(report, "notes").iter().any(|note| note.contains("a second picture with the mouth open"));
    assert!(hinted(&report) && !said.contains("note:"), "with --json it is in the report alone: {said}");
    let said = place.succeed("generate --reference portrait.jpg --audio speech.wav --output out.mp4");
    assert!(said.contains("note: the references show a closed mouth"), "{said}");
    let said = place.succeed("generate --quiet --reference portrait.jpg --audio speech.wav --output out.mp4");
    assert!(said.is_empty(), "{said}");
    // Lips part as far for it as for the picture.
    place.video("still.mp4", 2);
    let opening = |reference: &str| -> f64 {
        place.succeed(&format!("motion --audio speech.wav --output track.json --reference {reference}"));
        let track: Value = serde_json::from_str(&std::fs::read_to_string(place.at("track.json")).unwrap()).unwrap();
        track["frames"].as_array().unwrap().iter().filter_map(|frame| frame["opening"].as_f64()).fold(0.0, f64::max)
    };
    assert_eq!(opening("still.mp4"), opening("portrait.jpg"));
    std::fs::copy(demo("ride.jpg"), place.at("open.jpg")).unwrap();
    let (report, _) = generate(&place, "open.jpg");
    assert!(!hinted(&report), "she smiles with open lips");
}

#[test]
fn mouths_in_a_light_too_far_away_are_left_out() {
    let place = Place::new();
    let portrait = demo("ride.jpg");
    place.ffmpeg(&format!("-i {} -vf scale=400:-2", portrait.display()), "day.png");
    let candle = "colorchannelmixer=rr=1.0:gg=0.7:bb=0.35,scale=400:-2";
    place.ffmpeg(&format!("-i {} -vf {candle}", portrait.display()), "candle.png");
    let (report, _) = generate(&place, "day.png candle.png");
    assert!(
        lines(&report, "warnings").iter().any(|w| w.contains("mouths of candle.png are left out") && w.contains("light")),
        "{report}"
    );
    place.ffmpeg(&format!("-i {} -vf colorchannelmixer=rr=0.8:gg=0.85:bb=0.9,scale=400:-2", portrait.display()), "dusk.png");
    let (report, _) = generate(&place, "day.png dusk.png");
    assert_eq!(lines(&report, "warnings"), [""; 0]);
}
