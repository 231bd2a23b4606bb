//! Options that make no sense: told before any work, with exit code 2.

use crate::program::Place;

const GENERATE: &str = "generate --reference portrait.jpg --audio speech.wav --output out.mp4";

#[test]
fn values_out_of_range() {
    let place = Place::new();
    for (option, word) in [
        ("--shots 0", "shots"),
        ("--shots many", "shots"),
        ("--crf 99", "crf"),
        ("--crf -1", "crf"),
        ("--head-gain -1", "head-gain"),
        ("--head-gain nan", "head-gain"),
        ("--expression-gain inf", "expression-gain"),
        ("--max-seconds 0", "max-seconds"),
        ("--seed x", "seed"),
        ("--blink sometimes", "blink"),
        ("--renderer oil-painting", "renderer"),
        ("--device quantum", "device"),
    ] {
        let failure = place.fail(&format!("{GENERATE} {option}"), 2, &[word]);
        assert!(!failure.hint.is_empty());
    }
}

#[test]
fn missing_and_unknown_arguments() {
    let place = Place::new();
    place.fail("generate --audio speech.wav --output out.mp4", 2, &["--reference"]);
    place.fail("generate --reference portrait.jpg --output out.mp4", 2, &["--audio"]);
    place.fail("generate --reference portrait.jpg --audio speech.wav", 2, &["--output"]);
    place.fail(&format!("{GENERATE} --colour red"), 2, &["--colour"]);
    place.fail("sing", 2, &["sing"]);
}

#[test]
fn a_device_that_is_not_here() {
    let place = Place::new();
    // A known device that this build or this machine has not: not the command line's fault.
    let output = place.run(&format!("{GENERATE} --device cuda"));
    let code = output.status.code();
    assert!(matches!(code, Some(1 | 2)), "{code:?} {}", String::from_utf8_lossy(&output.stderr));
    crate::program::Failure::read(&output, code.unwrap(), "--device cuda");
    assert!(!place.at("out.mp4").exists());
}

#[test]
fn no_ffmpeg() {
    let place = Place::new();
    std::fs::create_dir(place.at("nothing")).unwrap();
    let mut command = place.command(GENERATE);
    command.env("PATH", place.at("nothing"));
    let failure = place.fail_with(&mut command, 1, &["ff"]);
    assert!(failure.hint.contains("install ffmpeg"), "{failure:?}");
}

#[test]
fn instructions_that_are_not_there() {
    let place = Place::new();
    for line in [GENERATE, "motion --audio speech.wav --output track.json", "inspect clip"] {
        for set in ["sse9", if cfg!(target_arch = "x86_64") { "neon" } else { "avx2" }] {
            let failure = place.fail_with(place.command(line).env("TALKINGHEAD_KERNELS", set), 1, &["TALKINGHEAD_KERNELS", set]);
            assert!(failure.hint.contains("doctor"), "{failure:?}");
        }
    }
}
