//! Reports on standard output, without what belongs to the machine.

use serde_json::Value;

use crate::program::Place;
use crate::{assert_all_said, assert_said};

#[test]
fn motion() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i anullsrc=sample_rate=16000:channel_layout=mono -t 1", "silence.wav");
    let commands = [
        "motion --audio speech.wav --output track.json",
        "motion --audio speech.wav --output track.json --json",
        "motion --audio silence.wav --output track.json --json",
    ];
    assert_all_said("report-motion", &place, &commands);
}

/// Numbers and words that differ from machine to machine become their kind.
fn without_the_machine(value: &mut Value, keys: &[&str]) {
    let Value::Object(entries) = value else { return };
    for (key, entry) in entries {
        if keys.contains(&key.as_str()) {
            *entry = Value::from(match entry {
                Value::Number(_) => "[number]",
                Value::Bool(_) => "[bool]",
                Value::String(_) => "[text]",
                _ => "[other]",
            });
        } else if let Value::Array(list) = entry {
            list.iter_mut().for_each(|entry| without_the_machine(entry, keys));
        } else {
            without_the_machine(entry, keys);
        }
    }
}

fn json_report(arguments: &str, keys: &[&str]) -> String {
    let output = Place::new().run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    without_the_machine(&mut report, keys);
    format!("$ talkinghead {arguments}\n{}\n", serde_json::to_string_pretty(&report).unwrap())
}

#[test]
fn generate() {
    let keys = [
        "elapsed_seconds",
        "real_time_factor",
        "peak_memory_bytes",
        "child_peak_memory_bytes",
        "core_seconds",
        "decoding",
        "encoding",
        "motion",
        "muxing",
        "other",
        "preparation",
        "probing",
        "reference",
        "rendering",
        "shared_threads",
        "sound",
        "speech",
    ];
    let arguments = "generate --reference portrait.jpg --audio speech.wav --output out.mp4 --json";
    assert_said("report-generate", &json_report(arguments, &keys));
}

#[test]
fn doctor() {
    let keys = ["version", "threads", "processor", "detail", "works"];
    assert_said("report-doctor", &json_report("doctor --json", &keys));
}
