//! Corpora that cannot be read, or not wholly.

use std::path::Path;

use crate::fixture::{clip, rows};
use crate::program::{preprocess, said, succeed, whole};

#[test]
fn strict_makes_the_exit_code_tell() {
    let (input, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clip(&input.path().join("good.mp4"), "hopper.jpg", 0.5, true);
    std::fs::write(input.path().join("empty.mp4"), b"").unwrap();
    succeed(&mut whole("videos", input.path(), output.path()));
    let strict = whole("videos", input.path(), output.path()).arg("--strict").output().unwrap();
    assert_eq!(strict.status.code(), Some(1));
    assert!(
        said(&strict).contains("error: 1 rejections") && said(&strict).contains("hint: the reasons are in"),
        "{}",
        said(&strict)
    );
    std::fs::remove_file(input.path().join("empty.mp4")).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    succeed(whole("videos", input.path(), fresh.path()).arg("--strict"));
}

#[test]
fn wrong_usage_is_told_in_two_lines() {
    let (input, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let nothing = whole("grid", input.path(), output.path()).output().unwrap();
    assert_eq!(nothing.status.code(), Some(1));
    assert!(
        said(&nothing).contains("no clips of the data set `grid`") && said(&nothing).contains("hint: expected"),
        "{}",
        said(&nothing)
    );
    let missing = whole("grid", Path::new("/no/such/corpus"), output.path()).output().unwrap();
    assert!(said(&missing).contains("error: cannot list /no/such/corpus"), "{}", said(&missing));
    assert!(said(&missing).contains("hint: check the spelling"), "{}", said(&missing));
    let early = preprocess().args(["--merge", "--output"]).arg(output.path().join("new")).output().unwrap();
    assert!(said(&early).contains("nothing was preprocessed there"), "{}", said(&early));
    assert!(said(&early).contains("hint: preprocess first: `talkinghead preprocess --dataset"), "{}", said(&early));
    assert!(!output.path().join("new").exists(), "a merge that found nothing made a folder");
    let file = input.path().join("thresholds.json");
    std::fs::write(&file, b"{\"most_faces\": 1}").unwrap();
    for (thresholds, problem, hint) in
        [(file.as_path(), "holds no thresholds", "write JSON"), (Path::new("/no/such"), "cannot read", "check the spelling")]
    {
        let wrong = whole("grid", input.path(), output.path()).arg("--thresholds").arg(thresholds).output().unwrap();
        assert!(said(&wrong).contains(problem) && said(&wrong).contains(&format!("hint: {hint}")), "{}", said(&wrong));
    }
    let store = whole("grid", Path::new("gs://bucket/corpus"), output.path()).output().unwrap();
    assert!(said(&store).contains("hint: give a folder"), "{}", said(&store));
    let shard = whole("grid", input.path(), output.path()).args(["--shard", "4/4"]).output().unwrap();
    assert_eq!(shard.status.code(), Some(2));
}

/// A folder that may not be read: to root, everything may, so root runs the program as somebody else.
#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let place = tempfile::tempdir().unwrap();
    let (input, output) = (place.path().join("input"), place.path().join("output"));
    clip(&input.join("good.mp4"), "hopper.jpg", 0.5, true);
    std::fs::create_dir(input.join("secret")).unwrap();
    std::fs::write(input.join("locked.mp4"), b"nobody may read this").unwrap();
    std::fs::create_dir(&output).unwrap();
    let mode = |path: &Path, mode: u32| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(place.path(), 0o755);
    mode(&output, 0o777);
    mode(&input.join("locked.mp4"), 0o000);
    mode(&input.join("secret"), 0o000);
    let mut command = whole("videos", &input, &output);
    if std::fs::read_dir(input.join("secret")).is_ok() {
        // Somebody else must be able to reach the program, too.
        let binary = place.path().join("talkinghead");
        std::fs::copy(env!("CARGO_BIN_EXE_talkinghead"), &binary).unwrap();
        let mut other = std::process::Command::new(&binary);
        other.args(command.get_args()).env("TMPDIR", &output).env("HOME", &output).uid(NOBODY).gid(NOBODY);
        command = other;
    }
    let run = command.output().unwrap();
    mode(&input.join("secret"), 0o755);
    if said(&run).contains("Permission denied") && !run.status.success() {
        eprintln!("skipped: another user cannot run the program here ({})", said(&run));
        return;
    }
    assert!(run.status.success(), "{}", said(&run));
    let rejected: Vec<(String, String)> = rows(&output.join("rejected.jsonl"))
        .iter()
        .map(|row| (row["source"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap().to_owned()))
        .collect();
    assert!(rejected.contains(&("secret".to_owned(), "unreadable_folder".to_owned())), "{rejected:?}");
    assert!(rejected.contains(&("locked.mp4".to_owned(), "unreadable_file".to_owned())), "{rejected:?}");
    assert_eq!(rows(&output.join("manifest.jsonl")).len(), 1);
}
