//! Stopped in every way, a run goes on to the same bytes.

use std::time::{Duration, Instant};

use crate::program::{fail, material, succeed, tensors, train};

const STEPS: &str = "12";

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let (straight, killed) = (folder.path().join("straight"), folder.path().join("killed"));
    succeed(&mut train(&clips, &straight, &recipe, &["--steps", STEPS]));

    // Five steps an epoch: the checkpoint of step 3 is in mid-epoch, and so is the kill that follows it.
    let mut child = train(&clips, &killed, &recipe, &["--steps", STEPS]).spawn().unwrap();
    let start = Instant::now();
    while !killed.join("checkpoints/step-00000003.json").exists() {
        assert!(start.elapsed() < Duration::from_secs(300), "nothing to kill");
        assert!(child.try_wait().unwrap().is_none(), "it was over before it could be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!killed.join("checkpoints/step-00000012.json").exists(), "it was over before it could be killed");
    let resumed = succeed(&mut train(&clips, &killed, &recipe, &["--steps", STEPS, "--resume", "--json"]));
    let report: serde_json::Value = serde_json::from_slice(&resumed.stdout).unwrap();
    assert_eq!(report["steps"], 12);
    assert!(tensors(&straight, 12) == tensors(&killed, 12), "the weights differ");
    let lines = std::fs::read_to_string(killed.join("metrics.jsonl")).unwrap();
    let steps: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["losses"].is_object())
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, (1..=12).collect::<Vec<u64>>(), "every step once");
    // Kept are the last two and the best, which is the last.
    let kept = std::fs::read_dir(killed.join("checkpoints")).unwrap().count();
    assert_eq!(kept, 4);
}

#[test]
#[cfg(unix)]
fn ctrl_c_writes_a_checkpoint_and_the_run_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let (straight, stopped) = (folder.path().join("straight"), folder.path().join("stopped"));
    succeed(&mut train(&clips, &straight, &recipe, &["--steps", STEPS]));
    let more = ["--steps", STEPS, "--save-every", "1000"];
    let child = train(&clips, &stopped, &recipe, &more).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    let done = || std::fs::read_to_string(stopped.join("metrics.jsonl")).map_or(0, |text| text.matches("losses").count());
    while done() < 2 {
        assert!(start.elapsed() < Duration::from_secs(300), "nothing to stop");
        std::thread::sleep(Duration::from_millis(2));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("error: stopped after step") && text.contains("--resume"), "{text}");
    succeed(&mut train(&clips, &stopped, &recipe, &["--steps", STEPS, "--resume"]));
    assert!(tensors(&straight, 12) == tensors(&stopped, 12), "the weights differ");
}

#[test]
fn a_second_training_in_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    succeed(&mut train(&clips, &run, &recipe, &["--steps", "1"]));
    let (error, hint) = fail(&mut train(&clips, &run, &recipe, &["--steps", "1"]), 1);
    assert!(error.contains("holds a training of 1 steps already") && hint.contains("--resume"), "{error} {hint}");
}
