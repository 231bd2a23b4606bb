//! Motion tracks edited, drawn, exchanged and mended by the command.

use serde_json::Value;

use crate::program::Place;

fn frames(place: &Place, name: &str) -> Vec<Value> {
    let text: Value = serde_json::from_slice(&std::fs::read(place.at(name)).unwrap()).unwrap();
    text["frames"].as_array().unwrap().clone()
}

fn number(frame: &Value, field: &str) -> f64 {
    frame[field].as_f64().unwrap()
}

/// 50 frames in which the head turns and the lips move.
fn place_with_track() -> Place {
    let place = Place::new();
    let frames: Vec<String> = (0..50)
        .map(|k| format!("{{\"yaw\":{},\"opening\":{}}}", (f64::from(k) * 0.2).sin() * 4.0, 0.01 * f64::from(k % 10)))
        .collect();
    place.write("track.json", track("25", &frames.join(",")));
    place
}

fn track(rate: &str, frames: &str) -> String {
    format!("{{\"format\":\"talkinghead motion track\",\"version\":1,\"frame_rate\":{rate},\"frames\":[{frames}]}}")
}

#[test]
fn edits_of_a_track_leave_its_lips() {
    let place = place_with_track();
    place.succeed(
        "motion --motion track.json --audio speech.wav --output edited.json --plot edited.svg --nod-on-stress 2 --stillness 0.2 \
         --gain yaw=0.5 --offset pitch=-3 --clamp yaw=-1..1 --smooth 0.1 --tempo pose=1.2",
    );
    let (before, after) = (frames(&place, "track.json"), frames(&place, "edited.json"));
    assert_eq!(before.len(), after.len());
    for (a, b) in before.iter().zip(&after) {
        assert!((number(a, "opening") - number(b, "opening")).abs() < 1e-9);
        assert!(number(b, "yaw").abs() <= 1.0);
    }
    assert!(number(&after[0], "pitch") < -2.0);
    let plot = std::fs::read_to_string(place.at("edited.svg")).unwrap();
    assert!(plot.contains("edited.json · speech.wav") && plot.contains("phones"));
}

#[test]
fn lengths_parts_and_blends() {
    let place = place_with_track();
    place.write("other.json", track("25", "{\"yaw\":10,\"opening\":0.3,\"blink\":[1,1]}"));
    place.succeed("motion --motion track.json --output cut.json --cut 0.4..1.2");
    place.succeed("motion --motion track.json --output loop.json --loop 5 --plot loop.html");
    place.succeed("motion --motion track.json --output fast.json --tempo 2");
    place.succeed("motion --motion track.json --output taken.json --from other.json --take blink,pose");
    place.succeed("motion --motion track.json --output mixed.json --blend other.json:0.5:expression");
    let lengths = ["cut.json", "loop.json", "fast.json"].map(|name| frames(&place, name).len());
    assert_eq!(lengths, [20, 125, 25]);
    let taken = &frames(&place, "taken.json")[7];
    assert_eq!((number(taken, "yaw"), number(taken, "opening"), taken["blink"][0].as_f64()), (10.0, 0.07, Some(1.0)));
    let mixed = &frames(&place, "mixed.json")[7];
    assert!((number(mixed, "opening") - 0.185).abs() < 1e-6 && number(mixed, "yaw") < 5.0);
}

#[test]
fn keyframes_in_the_file_are_met() {
    let place = place_with_track();
    let text = std::fs::read_to_string(place.at("track.json")).unwrap();
    place.write("keyed.json", text.replace("\"frames\"", "\"keyframes\":[{\"time\":1,\"yaw\":10}],\"frames\""));
    place.succeed("motion --motion keyed.json --output met.json");
    assert_eq!(number(&frames(&place, "met.json")[25], "yaw"), 10.0);
    place.write("late.json", text.replace("\"frames\"", "\"keyframes\":[{\"time\":100,\"yaw\":10}],\"frames\""));
    place.fail("motion --motion late.json --output met2.json", 1, &["late.json", "keyframe 0", "100 s"]);
}

#[test]
fn other_tools_files_go_out_and_come_back() {
    let place = place_with_track();
    for name in ["out.csv", "out.bvh", "out.glb", "out.gltf"] {
        place.succeed(&format!("motion --motion track.json --output {name}"));
    }
    place.succeed("motion --motion out.csv --output back.json");
    for (a, b) in frames(&place, "track.json").iter().zip(&frames(&place, "back.json")) {
        assert!(
            (number(a, "opening") - number(b, "opening")).abs() < 0.015 && (number(a, "yaw") - number(b, "yaw")).abs() < 0.01
        );
    }
    place.write("bad.csv", "Timecode,JawOpen\n00:00:00:00.000,x\n");
    place.fail("motion --motion bad.csv --output bad.json", 1, &["bad.csv", "line 2", "JawOpen"]);
}

#[test]
fn damaged_tracks_are_refused_or_mended_on_request() {
    let place = Place::new();
    place.write("bad.json", track("50", "{\"yaw\":1},{\"yaw\":NaN},{\"yaw\":3},{},{\"yaw\":500}"));
    place.fail("motion --motion bad.json --output good.json", 1, &["bad.json", "50"]);
    let said = place.succeed("motion --motion bad.json --repair --output good.json");
    for wanted in ["warning:", "resampled", "no number in 2 frames, first in frame 1", "frame 4: limited"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    place.succeed("motion --motion good.json --output again.json");
}

#[test]
fn edits_that_make_no_sense() {
    let place = place_with_track();
    let motion = "motion --motion track.json --output out.json";
    place.fail(&format!("{motion} --gain yaw=99"), 1, &["gain of yaw", "99"]);
    place.fail(&format!("{motion} --stillness 2"), 1, &["stillness 2"]);
    place.fail(&format!("{motion} --cut 10..20"), 1, &["10 s", "2.00 s"]);
    place.fail(&format!("{motion} --tempo 0"), 1, &["tempo 0"]);
    place.fail(&format!("{motion} --nod-on-stress 2"), 1, &["--nod-on-stress", "speech"]);
    place.fail(&format!("{motion} --blend none.json:0.5"), 1, &["none.json"]);
    place.fail(&format!("{motion} --plot out.pdf"), 1, &["out.pdf"]);
    place.fail(&format!("{motion} --plot track.json"), 1, &["track.json"]);
    place.fail(&format!("{motion} --gain yawn=1"), 2, &["yawn"]);
    place.fail(&format!("{motion} --cut 3"), 2, &["cut"]);
    place.fail(&format!("{motion} --take pose"), 2, &["--from"]);
    place.fail("motion --motion track.json --output track.json", 1, &["track.json"]);
}

#[test]
fn an_emotion_keeps_closed_lips_closed() {
    let place = place_with_track();
    place.succeed("motion --motion track.json --output happy.json --emotion happy --emotion-strength 1");
    for (a, b) in frames(&place, "track.json").iter().zip(&frames(&place, "happy.json")) {
        assert_eq!(number(a, "opening") == 0.0, number(b, "opening") == 0.0);
        assert!(number(b, "width") > 0.05);
    }
    place.fail("motion --motion track.json --output x.json --emotion glad", 2, &["glad"]);
}
