//! The files under `deploy/`, run as a cluster would run them.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::fixture::{assert_same_tree, clip, rows};
use crate::program::{succeed, whole};

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn corpus(folder: &Path) {
    for (number, portrait) in ["hopper.jpg", "ride.jpg", "johnson.jpg"].into_iter().enumerate() {
        clip(&folder.join(format!("s{number}/clip{number}.mpg")), portrait, 0.5 + 2.0 * number as f64, true);
    }
    std::fs::write(folder.join("s0/broken.mpg"), b"no video").unwrap();
}

/// A folder with programs that stand in for a cluster's.
fn programs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_talkinghead"), folder.path().join("talkinghead")).unwrap();
    let srun = folder.path().join("srun");
    std::fs::write(&srun, "#!/bin/sh\nexec \"$@\"\n").unwrap();
    std::fs::set_permissions(&srun, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn with_path(command: &mut Command, programs: &Path) {
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", programs.display()));
}

#[test]
fn a_slurm_array_gives_what_one_run_gives() {
    let (input, single, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    corpus(input.path());
    succeed(&mut whole("grid", input.path(), single.path()));

    let programs = programs();
    let script = std::fs::read_to_string(deploy("slurm/preprocess.sbatch")).unwrap();
    assert!(script.lines().any(|line| line.starts_with("#SBATCH --array=")) && script.contains("#SBATCH --requeue"));
    // As Slurm does for `--array=1-4`; the last task comes twice, as a requeued one would.
    for task in [1, 2, 3, 4, 4] {
        let mut command = Command::new("bash");
        command.arg(deploy("slurm/preprocess.sbatch")).arg("grid").arg(input.path()).arg(shared.path()).arg("--quiet");
        command.env("SLURM_ARRAY_TASK_ID", task.to_string()).env("SLURM_ARRAY_TASK_MIN", "1").env("SLURM_ARRAY_TASK_COUNT", "4");
        command.env("SLURM_ARRAY_TASK_STEP", "1").env("SLURM_CPUS_PER_TASK", "2");
        with_path(&mut command, programs.path());
        succeed(&mut command);
        assert!(!shared.path().join("manifest.jsonl").exists());
    }
    let mut merge = Command::new("bash");
    merge.arg(deploy("slurm/merge.sbatch")).arg(shared.path());
    with_path(&mut merge, programs.path());
    succeed(&mut merge);
    assert_same_tree(single.path(), shared.path());
    let usage = Command::new("bash").arg(deploy("slurm/preprocess.sbatch")).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}

fn job(name: &str) -> Yaml {
    let text = std::fs::read_to_string(deploy(name)).unwrap();
    let mut documents = YamlLoader::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    let job = documents.remove(0);
    assert_eq!((job["apiVersion"].as_str(), job["kind"].as_str()), (Some("batch/v1"), Some("Job")));
    assert_eq!(job["spec"]["template"]["spec"]["restartPolicy"].as_str(), Some("Never"));
    job
}

/// The container's command line with other places, under the environment that the file gives it.
fn container(job: &Yaml, places: &[(&str, &Path)]) -> Command {
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let words =
        |key: &str| container[key].as_vec().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let line = [words("command"), words("args")].concat();
    let mut command = Command::new(&line[0]);
    for word in &line[1..] {
        match places.iter().find(|(address, _)| address == word) {
            Some((_, place)) => command.arg(place),
            None => command.arg(word),
        };
    }
    for variable in container["env"].as_vec().unwrap() {
        command.env(variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap());
    }
    command
}

#[test]
fn a_kubernetes_job_gives_what_one_run_gives() {
    let corpus = tempfile::tempdir().unwrap();
    let (single, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| corpus.path().join(name);
    for (number, portrait) in ["hopper.jpg", "ride.jpg"].into_iter().enumerate() {
        clip(&at(&format!("dev/mp4/id0000{number}/abc/00001.mp4")), portrait, number as f64, false);
        crate::fixture::sound(&at(&format!("dev/aac/id0000{number}/abc/00001.m4a")), number as f64);
    }
    succeed(whole("voxceleb2", corpus.path(), single.path()).args(["--format", "webdataset"]));

    let programs = programs();
    let preprocess = job("kubernetes/preprocess.yaml");
    let completions = preprocess["spec"]["completions"].as_i64().unwrap();
    assert_eq!(preprocess["spec"]["completionMode"].as_str(), Some("Indexed"));
    let places = [("s3://corpora/vox2", corpus.path()), ("s3://corpora/vox2-clips", shared.path())];
    for index in 0..completions {
        let mut command = container(&preprocess, &places);
        with_path(&mut command, programs.path());
        succeed(command.env("JOB_COMPLETION_INDEX", index.to_string()));
    }
    let mut merge = container(&job("kubernetes/merge.yaml"), &places);
    with_path(&mut merge, programs.path());
    succeed(&mut merge);
    assert_eq!(rows(&shared.path().join("manifest.jsonl")).len(), 2);
    assert_same_tree(single.path(), shared.path());
}
