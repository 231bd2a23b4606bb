//! What is kept of references: the same video with it and without it, and never an error because of it.

use std::path::PathBuf;

use crate::program::Place;

/// Makes a video with the cache `kept` in the place, and gives the stages that took time.
fn stages(place: &Place, reference: &str, output: &str) -> Vec<String> {
    let arguments = format!("generate --reference {reference} --audio speech.wav --output {output} --json");
    let run = place.command(&arguments).env("TALKINGHEAD_CACHE", place.at("kept")).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    report["stage_seconds"].as_object().unwrap().keys().cloned().collect()
}

fn entries(place: &Place) -> Vec<PathBuf> {
    let files = place.content().into_keys();
    files.filter(|path| path.extension().is_some_and(|extension| extension == "safetensors")).collect()
}

#[test]
fn the_second_video_is_the_first_and_looks_at_nothing_again() {
    let place = Place::new();
    place.video("person.mp4", 1);
    for (number, reference) in ["portrait.jpg", "person.mp4", "person.mp4 portrait.jpg"].into_iter().enumerate() {
        let without = format!("without{number}.mp4");
        place.succeed(&format!("generate --reference {reference} --audio speech.wav --output {without}"));
        let looked = |stages: &[String]| stages.iter().any(|stage| stage == "reference");
        let (first, second) = (format!("first{number}.mp4"), format!("second{number}.mp4"));
        assert!(looked(&stages(&place, reference, &first)));
        assert!(!looked(&stages(&place, reference, &second)));
        let files = place.content();
        assert!(files[&place.at(&first)] == files[&place.at(&without)]);
        assert!(files[&place.at(&second)] == files[&place.at(&without)]);
    }
    assert_eq!(entries(&place).len(), 3);
    // Another name, the same content.
    std::fs::rename(place.at("portrait.jpg"), place.at("renamed.jpg")).unwrap();
    assert!(!stages(&place, "renamed.jpg", "renamed.mp4").contains(&"reference".to_owned()));
}

#[test]
fn a_spoilt_entry_is_made_again() {
    let place = Place::new();
    stages(&place, "portrait.jpg", "first.mp4");
    let [entry] = entries(&place).try_into().unwrap();
    let whole = std::fs::read(&entry).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for spoilt in [flipped, whole[..whole.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(&entry, spoilt).unwrap();
        assert!(stages(&place, "portrait.jpg", "again.mp4").contains(&"reference".to_owned()));
        assert!(std::fs::read(&entry).unwrap() == whole);
    }
    let files = place.content();
    assert!(files[&place.at("first.mp4")] == files[&place.at("again.mp4")]);
}

#[test]
fn nothing_is_kept_where_that_is_wanted_or_cannot_be() {
    let place = Place::new();
    let arguments = "generate --reference portrait.jpg --audio speech.wav --output out.mp4";
    let wanted = |arguments: &str, cache: &str| {
        let run = place.command(arguments).env("TALKINGHEAD_CACHE", cache).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(entries(&place), Vec::<PathBuf>::new());
    };
    wanted(&format!("{arguments} --no-cache"), "kept");
    wanted(arguments, "off");
    // A file where the folder should be.
    wanted(arguments, "speech.wav");
}
