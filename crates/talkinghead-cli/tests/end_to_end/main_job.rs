//! What a run makes when all is well.

use std::path::Path;
use std::process::Command;

use crate::program::Place;

/// Frames in a video, counted by decoding it.
pub fn count_frames(path: &Path) -> usize {
    probe(path, "v:0", "stream=nb_read_frames").parse().unwrap()
}

/// One entry of ffprobe's report.
pub fn probe(path: &Path, stream: &str, entry: &str) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", stream, "-show_entries", entry, "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_portrait_speaks_a_recording() {
    let place = Place::new();
    let output = place.run("generate --reference portrait.jpg --audio speech.wav --output out.mp4 --preview first.png --json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let video = place.at("out.mp4");
    assert_eq!(probe(&video, "v:0", "stream=codec_name,width,height,pix_fmt,r_frame_rate"), "h264,470,470,yuv420p,25/1");
    assert_eq!(probe(&video, "a:0", "stream=codec_name"), "aac");
    assert_eq!(count_frames(&video), 25);
    let seconds: f64 = probe(&video, "v:0", "format=duration").parse().unwrap();
    assert!((seconds - 1.0).abs() <= 0.04, "{seconds} s");
    let preview = image::open(place.at("first.png")).unwrap();
    assert_eq!((preview.width(), preview.height()), (470, 470));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["frames"], 25);
    for number in ["seconds", "real_time_factor", "peak_memory_bytes"] {
        assert!(report[number].as_f64().is_some_and(|value| value > 0.0), "{number} in {report}");
    }
    assert!(report["stage_seconds"].is_object() && report["warnings"].is_array(), "{report}");
    // Linux tells; by stage, by what ffmpeg did, and the rest.
    let cores = report["stage_core_seconds"].as_object().unwrap();
    let sum: f64 = cores.values().filter_map(serde_json::Value::as_f64).sum();
    assert!((sum - report["core_seconds"].as_f64().unwrap()).abs() < 0.02, "{report}");
    assert!(cores["encoding"].as_f64().is_some_and(|spent| spent > 0.0) && cores.contains_key("rendering"), "{report}");
    place.assert_nothing_left_over();
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let place = Place::new();
    for (name, seed) in [("a.mp4", 1), ("b.mp4", 1), ("c.mp4", 2)] {
        place.succeed(&format!("generate --reference portrait.jpg --audio speech.wav --output {name} --seed {seed}"));
    }
    let files = place.content();
    let bytes = |name: &str| &files[&place.at(name)];
    assert!(bytes("a.mp4") == bytes("b.mp4"));
    assert!(bytes("a.mp4") != bytes("c.mp4"));
}

#[test]
fn a_video_a_folder_and_other_formats() {
    let place = Place::new();
    place.video("person.mp4", 1);
    std::fs::create_dir(place.at("frames")).unwrap();
    place.ffmpeg(&format!("-i {} -frames:v 3", place.at("person.mp4").display()), "frames/f%d.png");
    for (reference, output, codec) in [("person.mp4", "out.webm", "vp9"), ("frames", "out.mov", "h264")] {
        place.succeed(&format!("generate --reference {reference} --audio speech.wav --output {output} --shots 2"));
        assert_eq!(probe(&place.at(output), "v:0", "stream=codec_name"), codec);
        assert_eq!(count_frames(&place.at(output)), 25);
    }
}

#[test]
fn help_and_doctor() {
    let place = Place::new();
    for arguments in ["--help", "generate --help", "motion --help", "doctor", "--version"] {
        let output = place.run(arguments);
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{arguments}");
    }
}
