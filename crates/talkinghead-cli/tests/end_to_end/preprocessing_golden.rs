//! `verify preprocessing` on the golden fixture, whole and spoilt.

use std::path::PathBuf;

use crate::program::Place;

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../talkinghead-evaluation/tests/fixtures/preprocessing")
}

#[test]
fn the_fixture_holds() {
    let place = Place::new();
    let output = place.run(&format!("verify preprocessing --golden {}", fixture().display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("rt, rotation") && !text.contains("FAILED"), "{text}");
}

#[test]
fn a_changed_golden_fails_with_exit_code_1() {
    let place = Place::new();
    let spoilt = place.at("golden");
    std::fs::create_dir(&spoilt).unwrap();
    for entry in std::fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), spoilt.join(entry.file_name())).unwrap();
    }
    std::fs::copy(fixture().join("edge_013.png"), spoilt.join("edge_000.png")).unwrap();
    let output = place.run("verify preprocessing --golden golden --json");
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["passed"], false);
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["passed"] == false)
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["edge_000", "edge_000, lit"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: ") && said.contains("\nhint: "), "{said}");
}

#[test]
fn a_folder_without_numbers() {
    let place = Place::new();
    std::fs::create_dir(place.at("golden")).unwrap();
    place.fail("verify preprocessing --golden golden", 1, &["values.json"]);
    place.fail("verify preprocessing --golden nowhere", 1, &["nowhere"]);
    place.fail("verify preprocessing --golden golden --tolerance 1", 1, &["tolerances"]);
}
