//! Recordings that are missing, empty, silent, very short or very long.

use crate::program::Place;

fn generate(audio: &str) -> String {
    format!("generate --reference portrait.jpg --audio {audio} --output out.mp4")
}

#[test]
fn missing_unreadable_and_no_sound() {
    let place = Place::new();
    place.fail(&generate("none.wav"), 1, &["none.wav", "does not exist"]);
    place.fail(&generate("portrait.jpg"), 1, &["portrait.jpg", "no sound"]);
    place.fail(&generate("."), 1, &["no sound"]);
    place.ffmpeg("-f lavfi -i testsrc=size=64x64:rate=25:duration=0.4 -pix_fmt yuv420p", "mute.mp4");
    place.fail(&generate("mute.mp4"), 1, &["mute.mp4", "no sound"]);
    place.write("text.wav", "this is no recording");
    place.fail(&generate("text.wav"), 1, &["text.wav"]);
    place.write("empty.wav", []);
    place.fail(&generate("empty.wav"), 1, &["empty.wav"]);
    place.ffmpeg("-f lavfi -i sine=duration=1 -af atrim=end_sample=0", "no_samples.wav");
    place.fail(&generate("no_samples.wav"), 1, &["no_samples.wav"]);
    if cfg!(target_os = "linux") {
        place.fail(&generate("/proc/self/mem"), 1, &["/proc/self/mem", "cannot read"]);
    }
}

#[test]
fn silence_closes_the_mouth_and_warns() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i anullsrc=sample_rate=16000:channel_layout=mono -t 1", "silence.wav");
    let said = place.succeed(&format!("{} --save-motion track.json", generate("silence.wav")));
    assert!(said.contains("warning: ") && said.contains("silen"), "{said}");
    assert!(place.at("out.mp4").exists());
    let track: serde_json::Value = serde_json::from_slice(&std::fs::read(place.at("track.json")).unwrap()).unwrap();
    let openings: Vec<f64> = track["frames"].as_array().unwrap().iter().map(|frame| frame["opening"].as_f64().unwrap()).collect();
    assert!(openings.len() == 25 && openings.iter().all(|opening| opening.abs() < 0.02), "{openings:?}");
}

#[test]
fn a_tenth_of_a_second_is_enough() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i sine=sample_rate=16000 -t 0.1", "short.wav");
    place.succeed(&generate("short.wav"));
    let frames = crate::main_job::count_frames(&place.at("out.mp4"));
    assert!((2..=4).contains(&frames), "{frames} frames");
}

#[test]
fn three_hours_need_to_be_asked_for() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i anullsrc=sample_rate=8000:channel_layout=mono -t 10800 -c:a flac", "long.flac");
    let failure = place.fail(&generate("long.flac"), 1, &["long.flac", "180.0 minutes", "60.0 minutes"]);
    assert!(failure.hint.contains("--max-seconds"), "{failure:?}");
    // Too long is told before the reference is looked at: at once.
    place.fail("generate --reference portrait.jpg --audio speech.wav --output out.mp4 --max-seconds 0.5", 1, &["speech.wav"]);
}

#[test]
fn a_recording_that_breaks_off_is_used_as_far_as_it_goes() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i sine=sample_rate=16000 -t 8", "whole.wav");
    let whole = std::fs::read(place.at("whole.wav")).unwrap();
    place.write("half.wav", &whole[..whole.len() / 4]);
    let said = place.succeed(&generate("half.wav"));
    let frames = crate::main_job::count_frames(&place.at("out.mp4"));
    assert!((49..=51).contains(&frames), "{frames} frames; {said}");
}
