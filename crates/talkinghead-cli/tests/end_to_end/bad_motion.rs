//! Motion tracks from files that people edited.

use crate::program::Place;

const GENERATE: &str = "generate --reference portrait.jpg --audio speech.wav --output out.mp4 --motion track.json";

fn track(rate: &str, frames: &str) -> String {
    format!("{{\"format\": \"talkinghead motion track\", \"version\": 1, \"frame_rate\": {rate}, \"frames\": [{frames}]}}")
}

#[test]
fn numbers_that_are_none() {
    let place = Place::new();
    for value in ["NaN", "Infinity", "1e999", "null", "\"1\"", "999999"] {
        place.write("track.json", track("25", &format!("{{\"yaw\": 1}}, {{\"yaw\": {value}}}")));
        place.fail(GENERATE, 1, &["track.json"]);
    }
}

#[test]
fn another_frame_rate() {
    let place = Place::new();
    place.write("track.json", track("30", "{\"yaw\": 1}"));
    place.fail(GENERATE, 1, &["track.json", "30", "25"]);
}

#[test]
fn no_track_at_all() {
    let place = Place::new();
    place.fail(GENERATE, 1, &["track.json"]);
    place.write("track.json", "");
    place.fail(GENERATE, 1, &["track.json"]);
    place.write("track.json", "{\"format\": \"another\"}");
    place.fail(GENERATE, 1, &["track.json"]);
    place.write("track.json", track("25", ""));
    place.fail(GENERATE, 1, &["track"]);
    place.write("track.json", track("25", "{\"yawn\": 1}"));
    place.fail(GENERATE, 1, &["track.json", "yawn"]);
    place.write("track.json", "[".repeat(100_000));
    place.fail(GENERATE, 1, &["track.json"]);
    std::fs::copy(place.at("portrait.jpg"), place.at("track.json")).unwrap();
    place.fail(GENERATE, 1, &["track.json"]);
}

#[test]
fn a_track_alone_makes_a_silent_video() {
    let place = Place::new();
    let frames = ["{\"opening\": 0.2}"; 30].join(", ");
    place.write("track.json", track("25", &frames));
    let silent = "generate --reference portrait.jpg --motion track.json";
    for output in ["out.mp4", "out.webm"] {
        let said = place.succeed(&format!("{silent} --output {output}"));
        assert!(!said.contains("warning"), "{said}");
        assert_eq!(crate::main_job::count_frames(&place.at(output)), 30);
        assert_eq!(crate::main_job::probe(&place.at(output), "a", "stream=codec_name"), "", "{output} has a sound track");
    }
    // With a recording it is as before: the recording says how long.
    place.succeed(&format!("{silent} --audio speech.wav --output loud.mp4"));
    assert_eq!(crate::main_job::count_frames(&place.at("loud.mp4")), 25);
    place.fail(&format!("{silent} --output long.mp4 --max-seconds 1"), 1, &["track.json", "limit", "1.2 s"]);
    place.fail(&format!("{silent} --output track.json"), 1, &["track.json"]);
}

#[test]
fn a_saved_track_gives_the_same_video() {
    let place = Place::new();
    let generate = "generate --reference portrait.jpg --audio speech.wav";
    place.succeed(&format!("{generate} --seed 3 --save-motion track.json --output first.mp4"));
    place.succeed(&format!("{generate} --motion track.json --output second.mp4"));
    let files = place.content();
    assert!(files[&place.at("first.mp4")] == files[&place.at("second.mp4")], "another video from the saved track");
    place.succeed("motion --audio speech.wav --seed 3 --output same.json");
    let frames = |name: &str| {
        let text: serde_json::Value = serde_json::from_slice(&std::fs::read(place.at(name)).unwrap()).unwrap();
        text["frames"].as_array().unwrap().len()
    };
    assert_eq!(frames("same.json"), frames("track.json"));
}
