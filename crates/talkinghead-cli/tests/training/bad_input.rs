//! What cannot be trained is told in a line, with a hint.

use crate::fixture;
use crate::program::{fail, material, succeed, talkinghead, tensors, train};

#[test]
fn data_folders_that_do_not_do() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let (error, hint) = fail(&mut train(&empty, &run, &recipe, &[]), 1);
    assert!(error.contains("holds no clips") && hint.contains("preprocess"), "{error} {hint}");
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &["--shots", "16"]), 1);
    assert!(error.contains("17 usable frames"), "{error}");
    std::fs::write(clips.join("holiday.mov"), b"x").unwrap();
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &[]), 1);
    assert!(error.contains("holiday.mov"), "{error}");
}

#[test]
fn frames_that_cannot_be_read_end_the_run_over_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let (_, recipe) = material(folder.path());
    let clips = folder.path().join("broken");
    fixture::clip(&clips, "1", 60, 30);
    let run = folder.path().join("run");
    let more = ["--steps", "60", "--set", "run.validation_items=1"];
    let (error, hint) = fail(&mut train(&clips, &run, &recipe, &more), 1);
    assert!(error.contains("items could not be read") && hint.contains("unreadable_limit"), "{error} {hint}");
    let more = ["--steps", "3", "--set", "data.unreadable_limit=1", "--json", "--set", "run.validation_items=1"];
    let output = succeed(&mut train(&clips, &folder.path().join("other"), &recipe, &more));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["skipped"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn a_run_of_another_configuration_and_nothing_to_resume() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &["--resume"]), 1);
    assert!(error.contains("no checkpoint to resume from"), "{error}");
    succeed(&mut train(&clips, &run, &recipe, &["--steps", "1"]));
    let before = tensors(&run, 1);
    let (error, hint) = fail(&mut train(&clips, &run, &recipe, &["--resume", "--warp-ani=false", "--steps", "2"]), 1);
    assert!(error.contains("network.warp_ani was true, now false") && hint.contains("another folder"), "{error} {hint}");
    assert!(tensors(&run, 1) == before);
}

#[test]
fn a_checkpoint_of_another_network_names_the_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let (run, other) = (folder.path().join("run"), folder.path().join("other"));
    succeed(&mut train(&clips, &run, &recipe, &["--steps", "1"]));
    succeed(&mut train(&clips, &other, &recipe, &["--steps", "1", "--set", "network.ngf=8"]));
    let name = "checkpoints/step-00000001.safetensors";
    std::fs::copy(other.join(name), run.join(name)).unwrap();
    let resume = ["--resume", "--steps", "2"];
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &resume), 1);
    assert!(error.contains("bytes"), "its length alone gives it away: {error}");
    let path = run.join("checkpoints/step-00000001.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap();
    let length = std::fs::metadata(run.join(name)).unwrap().len();
    let text = text.replace(&format!("\"bytes\": {}", description["bytes"]), &format!("\"bytes\": {length}"));
    std::fs::write(&path, text).unwrap();
    let (error, hint) = fail(&mut train(&clips, &run, &recipe, &resume), 1);
    assert!(error.contains("another network") && error.contains("netG.") && hint.contains("run's own"), "{error} {hint}");
    let output = folder.path().join("w.safetensors");
    let mut export = talkinghead(&["export"]);
    let (error, _) = fail(export.arg(&run).arg("--output").arg(&output), 1);
    assert!(error.contains("another network") && !output.exists(), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_names_what_to_lower() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    // 400 MB of data, and a batch that needs several gigabytes.
    let program = train(&clips, &run, &recipe, &["--steps", "2", "--batch", "3000", "--workers", "1"]);
    let words = std::iter::once(program.get_program()).chain(program.get_args()).map(|word| word.to_string_lossy());
    let line = words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &format!("ulimit -d 400000; exec {line}")]).env("RAYON_NUM_THREADS", "1");
    let (error, hint) = fail(&mut limited, 1);
    assert!(error.contains("not enough memory") && hint.contains("--batch"), "{error} {hint}");
}

#[test]
fn recipes_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    for (more, wanted) in [
        (vec!["--set", "network.ngff=3"], "ngff"),
        (vec!["--target-frames", "0"], "target_frames"),
        (vec!["--single-frame-epochs", "3"], "single_frame_epochs"),
        (vec!["--set", "data.size=30"], "data.size"),
        (vec!["--set", "perceptual.network=vgg19"], "perceptual.weights"),
        (vec!["--set", "training.lr=0"], "training.lr"),
    ] {
        let (error, _) = fail(&mut train(&clips, &run, &recipe, &more), 1);
        assert!(error.contains(wanted), "{more:?}: {error}");
    }
    std::fs::write(&recipe, "[data\nsize = 3").unwrap();
    let (error, _) = fail(&mut train(&clips, &run, &recipe, &[]), 1);
    assert!(error.contains("line 1"), "{error}");
}

/// A disk that is full when the second checkpoint is written: a limit on file sizes stands in for it.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_checkpoint_before() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = material(folder.path());
    let run = folder.path().join("run");
    succeed(&mut train(&clips, &run, &recipe, &["--steps", "3"]));
    let before = tensors(&run, 3);
    let command = train(&clips, &run, &recipe, &["--resume", "--steps", "6", "--save-every", "1"]);
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    // In blocks of 512 bytes: less than a checkpoint.
    let blocks = before.len() / 512 / 2;
    let mut limited = std::process::Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -f {blocks}; exec {}", words.join(" ")));
    let (error, hint) = fail(&mut limited, 1);
    assert!(
        error.contains("no checkpoint could be written after step 4") && error.contains("the last one is of step 3"),
        "{error}"
    );
    assert!(hint.contains("--resume"), "{hint}");
    assert!(tensors(&run, 3) == before);
    assert!(!run.join("checkpoints/step-00000004.json").exists());
    succeed(&mut train(&clips, &run, &recipe, &["--resume", "--steps", "6"]));
}
