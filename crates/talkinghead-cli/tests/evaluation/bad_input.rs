//! Lists and videos that are not as they should be.

use crate::program::Place;
use crate::scene::{metrics, with_real_video};

/// What a run says on standard error, its exit code, and what it printed.
fn evaluate(place: &Place, arguments: &str) -> (String, Option<i32>, String) {
    let output = place.run(&format!("evaluate {arguments}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stderr), output.status.code(), text(&output.stdout))
}

#[test]
fn lengths_rates_and_sizes_are_brought_together() {
    let place = with_real_video();
    let real = place.at("real.mp4");
    place.ffmpeg(&format!("-i {} -t 2.4 -r 30 -vf scale=240:-2 -crf 16", real.display()), "short.mp4");
    let (said, code, printed) = evaluate(&place, "--generated short.mp4 --real real.mp4");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("30.00 frames/s") && said.contains("the first 60 are compared"), "{said}");
    assert!(printed.contains("lip_opening_correlation"), "{printed}");
    let scores = metrics(&place, "--generated short.mp4 --real real.mp4");
    assert!(scores["ssim"] > 0.85 && scores["lip_opening_correlation"] > 0.9 && scores["lip_lag_ms"].abs() < 41.0, "{scores:?}");

    place.ffmpeg(&format!("-i {} -vf crop=iw*0.7:ih -c:a copy", real.display()), "narrow.mp4");
    let (said, code, printed) = evaluate(&place, "--generated narrow.mp4 --real real.mp4");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("different proportions"), "{said}");
    assert!(printed.contains("face_ssim") && !printed.contains("\nssim"), "{printed}");
}

#[test]
fn frames_without_a_face_are_counted_and_left_out() {
    let place = with_real_video();
    let hidden = "-vf drawbox=c=gray:t=fill:enable='between(n,40,59)' -c:a copy";
    place.ffmpeg(&format!("-i {} {hidden}", place.at("real.mp4").display()), "gap.mp4");
    let output = place.run("evaluate --generated gap.mp4 --real real.mp4 --json");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("no face in 20 of 100 frames"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["clips"][0]["frames_without_face"], 20);
    assert_eq!(report["metrics"]["face_ssim"]["frames"], 80);
    assert!(report["metrics"]["lip_opening_correlation"]["mean"].as_f64().unwrap() > 0.9);
}

#[test]
fn a_missing_file_in_a_list_does_not_stop_the_others() {
    let place = with_real_video();
    place.write(
        "pairs.csv",
        "generated,real,person\nreal.mp4,real.mp4,grace\nnone.mp4,real.mp4,grace\nhopper.jpg,real.mp4,grace\n",
    );
    let (said, code, printed) = evaluate(&place, "--pairs pairs.csv --json");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("not measured: none.mp4: none.mp4 does not exist"), "{said}");
    assert!(said.contains("not measured: hopper.jpg: hopper.jpg is no video"), "{said}");
    assert!(said.contains("error: 2 of 3 videos could not be measured") && said.contains("hint: "), "{said}");
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((report["failed"].as_array().unwrap().len(), report["clips"].as_array().unwrap().len()), (2, 1));
    assert_eq!(report["metrics"]["ssim"]["clips"], 1);
    assert_eq!(report["files"][0]["sha256"].as_str().unwrap().len(), 64);

    place.write("none.csv", "generated\nnone.mp4\nalso_none.mp4\n");
    place.fail("evaluate --pairs none.csv --json", 1, &["none of the 2 videos"]);
}

#[test]
fn no_sound_and_two_faces_are_told() {
    let place = with_real_video();
    let real = place.at("real.mp4").display().to_string();
    place.ffmpeg(&format!("-i {real} -an -c:v copy"), "mute.mp4");
    let (said, code, printed) = evaluate(&place, "--generated mute.mp4 --real real.mp4");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("mute.mp4 has no sound") && !printed.contains("lip_closure_hits"), "{said}\n{printed}");

    place.ffmpeg(&format!("-i {real} -i {real} -filter_complex [0:v][1:v]hstack -t 1"), "two.mp4");
    let (said, code, _) = evaluate(&place, "--generated two.mp4 --reference hopper.jpg");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("two.mp4 shows 2 faces"), "{said}");
    place.fail("evaluate --generated two.mp4 --face 5", 1, &["two.mp4", "face"]);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let place = Place::new();
    place.ffmpeg("-f lavfi -i testsrc=size=128x128:rate=25 -t 1", "bars.mp4");
    place.write("empty.csv", "generated,real\n");
    place.write("odd.csv", "made,true\na.mp4,b.mp4\n");
    place.write("odd.toml", "name = \"x\"\n");
    place.write("text.json", "no json");
    place.fail("evaluate --generated bars.mp4", 1, &["bars.mp4", "no face"]);
    place.fail("evaluate --generated none.mp4", 1, &["none.mp4 does not exist"]);
    place.fail("evaluate --generated portrait.jpg", 1, &["portrait.jpg is no video"]);
    place.fail("evaluate --generated speech.wav", 1, &["speech.wav"]);
    place.fail("evaluate --generated bars.mp4 --reference none.png", 1, &["none.png does not exist"]);
    place.fail("evaluate --pairs none.csv", 1, &["none.csv"]);
    place.fail("evaluate --pairs empty.csv", 1, &["empty.csv", "no pair"]);
    place.fail("evaluate --pairs odd.csv", 1, &["odd.csv"]);
    place.fail("evaluate --suite odd.toml", 1, &["odd.toml"]);
    place.fail("evaluate --generated bars.mp4 --report bars.mp4", 1, &["bars.mp4"]);
    place.fail("evaluate --generated bars.mp4 --report r.html --compare text.json", 1, &["text.json"]);
    place.fail("evaluate --generated bars.mp4 --size 7", 2, &["--size"]);
    place.fail("evaluate", 2, &[]);
}
