//! What is known to be better must come out better, in every metric that should notice.

use std::collections::BTreeMap;

use crate::scene::{metrics, with_real_video};

type Scores = BTreeMap<String, f64>;

/// How far from good a value is: 0 is best.
fn badness(scores: &Scores, name: &str) -> f64 {
    let value = scores[name];
    match name {
        "lip_lag_ms" => value.abs(),
        "face_detail_ratio" | "lip_amplitude_ratio" | "pose_sd_ratio" | "pose_speed_ratio" => (value - 1.0).abs(),
        _ if talkinghead_evaluation::metric_named(name).unwrap().better == talkinghead_evaluation::Better::Higher => -value,
        _ => value,
    }
}

#[test]
fn identical_is_best_then_encoded_again_then_everything_else() {
    let place = with_real_video();
    place.ffmpeg(&format!("-i {} -crf 24 -c:a copy", place.at("real.mp4").display()), "encoded.mp4");
    place.ffmpeg(&format!("-i {} -vf gblur=3 -crf 18 -c:a copy", place.at("real.mp4").display()), "blurred.mp4");
    place.ffmpeg(
        &format!("-i {} -vf tpad=start=3:start_mode=clone -crf 18 -c:a copy", place.at("real.mp4").display()),
        "late.mp4",
    );
    place.succeed("generate -q --reference johnson.jpg --audio speech.wav --output stranger.mp4 --seed 3");
    place.succeed("generate -q --reference hopper.jpg --audio other.wav --output wrong.mp4 --seed 3");
    let against_real = |name: &str| metrics(&place, &format!("--generated {name}.mp4 --real real.mp4"));
    let [same, encoded, blurred, late, stranger, wrong] =
        ["real", "encoded", "blurred", "late", "stranger", "wrong"].map(against_real);

    // The same file measured twice is the same to the last digit.
    assert_eq!(same["ssim"], 1.0);
    assert_eq!(same["psnr_db"], 100.0);
    assert_eq!((same["lip_lag_ms"], same["lmd_percent"], same["pose_yaw_error_deg"]), (0.0, 0.0, 0.0));
    assert!((same["lip_opening_correlation"] - 1.0).abs() < 1e-9 && (same["identity_cosine"] - 1.0).abs() < 1e-2);
    assert!(same["face_perceptual_squeezenet"] < 1e-6 && (same["lip_amplitude_ratio"] - 1.0).abs() < 1e-9);
    assert!((late["lip_lag_ms"] - 120.0).abs() < 1e-9, "{}", late["lip_lag_ms"]);

    let pictures = ["psnr_db", "ssim", "ms_ssim", "face_psnr_db", "face_ssim", "face_perceptual_squeezenet"];
    let lips = ["lip_opening_correlation", "lip_width_correlation", "lmd_mouth_aligned_percent"];
    let pose = ["pose_yaw_error_deg", "pose_pitch_error_deg", "pose_roll_error_deg"];
    let notices: [(&str, &Scores, Vec<&str>); 4] = [
        ("blurred", &blurred, pictures.iter().chain(&["face_detail_ratio", "identity_distance"]).copied().collect()),
        ("late", &late, pictures.iter().chain(&lips).chain(&["lip_lag_ms"]).chain(&pose).copied().collect()),
        (
            "stranger",
            &stranger,
            vec!["identity_distance", "identity_cosine", "lmd_aligned_percent", "face_ssim", "face_perceptual_squeezenet"],
        ),
        ("wrong sound", &wrong, lips.to_vec()),
    ];
    for (what, scores, names) in notices {
        for name in names {
            let [best, next, worse] = [&same, &encoded, scores].map(|scores| badness(scores, name));
            // Frames are held against all of the other video, themselves one in many: encoding may bring them nearer by a hair.
            let hair = if name.starts_with("identity") { 2e-3 } else { 1e-9 };
            assert!(best <= next + hair && next < worse, "{what}, {name}: same {best}, encoded {next}, then {worse}");
        }
    }
    assert!(same["cpbd"] > blurred["cpbd"] + 0.1, "{} {}", same["cpbd"], blurred["cpbd"]);
}

#[test]
fn a_video_by_itself_has_what_needs_no_reference() {
    let place = with_real_video();
    let alone = metrics(&place, "--generated real.mp4 --reference hopper.jpg");
    for name in ["cpbd", "identity_distance", "flicker_grey_levels", "blinks_per_minute", "pose_yaw_sd_deg", "lip_closure_hits"] {
        assert!(alone.contains_key(name), "{name} of {alone:?}");
    }
    assert!(!alone.contains_key("ssim") && !alone.contains_key("lip_opening_correlation"));
    assert!(alone["identity_distance"] < 0.45 && alone["frozen_frames_share"] < 0.05, "{alone:?}");
    let other = metrics(&place, "--generated real.mp4 --reference johnson.jpg");
    assert!(other["identity_distance"] > 0.6);
}

#[test]
fn a_list_has_intervals_unison_and_a_page_that_compares_with_an_earlier_run() {
    let place = with_real_video();
    for (name, seed, audio) in [("a", 3, "speech"), ("b", 4, "other"), ("c", 5, "other")] {
        place.succeed(&format!("generate -q --reference hopper.jpg --audio {audio}.wav --output {name}.mp4 --seed {seed}"));
    }
    place.write("pairs.csv", "generated,real,person\na.mp4,real.mp4,grace\nb.mp4,b.mp4,ann\nc.mp4,c.mp4,bea\n");
    place.succeed("evaluate -q --pairs pairs.csv --save before.json");
    place.succeed("evaluate -q --pairs pairs.csv --report page.html --compare before.json");

    let run: serde_json::Value = serde_json::from_slice(&std::fs::read(place.at("before.json")).unwrap()).unwrap();
    let metrics = &run["metrics"];
    assert!(metrics["ssim"]["low"].as_f64() <= metrics["ssim"]["mean"].as_f64(), "{metrics}");
    assert!(metrics["ssim"]["people_low"].is_number() && metrics["ssim"]["frames"].as_u64() > Some(250));
    assert!(metrics["pose_unison"]["mean"].as_f64() < Some(0.8), "{}", metrics["pose_unison"]);
    assert!(metrics["lip_opening_correlation_other_clips"]["mean"].as_f64() < Some(0.6));
    assert!(run["versions"]["ffmpeg"].is_string() && run["settings"]["encode"].is_string());
    assert_eq!(run["files"].as_array().unwrap().len(), 4);

    let page = std::fs::read_to_string(place.at("page.html")).unwrap();
    for part in ["Against before.json, clip by clip", "<svg", "data:image/jpeg;base64,", "<video src=\"a.mp4\"", "class=\"wave\""]
    {
        assert!(page.contains(part), "{part}");
    }
    // The same videos again: no difference anywhere.
    assert!(!page.contains("class=\"worse\"") && !page.contains("class=\"better\""));
    assert!(!page.contains("http"), "the page stands alone");
}
