//! A "real" video and what was done to it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::program::Place;

/// `speech.wav` (4 s), `real.mp4` (a portrait that speaks it): stands for a recording, since none ships with the program.
pub fn with_real_video() -> Place {
    let place = Place::new();
    let demo = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo").join(name);
    std::fs::copy(demo("hopper.jpg"), place.at("hopper.jpg")).unwrap();
    std::fs::copy(demo("johnson.jpg"), place.at("johnson.jpg")).unwrap();
    place.ffmpeg(&format!("-ss 0 -t 4 -i {}", demo("lj.wav").display()), "speech.wav");
    place.ffmpeg(&format!("-ss 1 -t 4 -i {}", demo("jfk.wav").display()), "other.wav");
    place.succeed("generate -q --reference hopper.jpg --audio speech.wav --output real.mp4 --seed 3");
    place
}

/// Means of the metrics that `evaluate --json` prints.
pub fn metrics(place: &Place, arguments: &str) -> BTreeMap<String, f64> {
    let output = place.run(&format!("evaluate -q --json {arguments}"));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let metrics = report["metrics"].as_object().unwrap();
    metrics.iter().map(|(name, metric)| (name.clone(), metric["mean"].as_f64().unwrap())).collect()
}
