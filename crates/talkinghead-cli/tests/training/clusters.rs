//! The training files under `deploy/`, run as a cluster would run them, with two processes on this machine.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use yaml_rust2::{Yaml, YamlLoader};

use crate::program::{material, tensors};

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// Programs that stand in for a cluster's: `srun` starts all tasks, `scontrol` names the node.
fn programs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_talkinghead"), folder.path().join("talkinghead")).unwrap();
    let srun = "#!/bin/bash\nset -eu\nwhile [[ \"$1\" == --* ]]; do shift; done\nids=()\n\
                for ((task = 0; task < SLURM_NTASKS; task++)); do\n  SLURM_PROCID=$task \"$@\" & ids+=($!)\ndone\n\
                for id in \"${ids[@]}\"; do wait \"$id\"; done\n";
    for (name, text) in [("srun", srun), ("scontrol", "#!/bin/sh\necho 127.0.0.1\n")] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn with_path(command: &mut Command, programs: &Path) {
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", programs.display())).env("RAYON_NUM_THREADS", "1");
}

#[test]
fn a_slurm_job_of_two_tasks_trains_and_a_requeued_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ((clips, recipe), run, programs) = (material(folder.path()), folder.path().join("run"), programs());
    let script = std::fs::read_to_string(deploy("slurm/train.sbatch")).unwrap();
    assert!(script.contains("#SBATCH --requeue") && script.contains("#SBATCH --ntasks=2"));
    for steps in ["2", "4"] {
        let mut command = Command::new("bash");
        command.arg(deploy("slurm/train.sbatch")).arg(&clips).arg(&run).arg("--recipe").arg(&recipe);
        command.args(["--quiet", "--steps", steps]);
        command.env("SLURM_NTASKS", "2").env("SLURM_JOB_ID", "77").env("SLURM_JOB_NODELIST", "node[1-2]");
        command.env("SLURM_CPUS_PER_TASK", "1").env("MASTER_PORT", free_port());
        with_path(&mut command, programs.path());
        crate::program::succeed(&mut command);
        assert!(!tensors(&run, steps.parse().unwrap()).is_empty());
    }
    let usage = Command::new("bash").arg(deploy("slurm/train.sbatch")).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
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
fn a_kubernetes_job_of_two_processes_trains() {
    let folder = tempfile::tempdir().unwrap();
    let ((clips, recipe), run, programs) = (material(folder.path()), folder.path().join("run"), programs());
    let text = std::fs::read_to_string(deploy("kubernetes/train.yaml")).unwrap();
    let documents = YamlLoader::load_from_str(&text).unwrap();
    let [service, job] = documents.as_slice() else { panic!("a service and a job") };
    let name = job["metadata"]["name"].as_str().unwrap();
    assert_eq!((service["kind"].as_str(), job["kind"].as_str()), (Some("Service"), Some("Job")));
    assert_eq!(service["spec"]["clusterIP"].as_str(), Some("None"));
    assert_eq!(service["spec"]["selector"]["job-name"].as_str(), Some(name));
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!((pod["restartPolicy"].as_str(), job["spec"]["completionMode"].as_str()), (Some("Never"), Some("Indexed")));
    assert_eq!(pod["subdomain"].as_str(), service["metadata"]["name"].as_str());
    let completions = job["spec"]["completions"].as_i64().unwrap();
    assert_eq!(job["spec"]["parallelism"].as_i64(), Some(completions), "all must run at once");
    let places = [("/data/clips", clips.as_path()), ("/data/runs/first", run.as_path())];
    let port = free_port();
    let children: Vec<_> = (0..completions)
        .map(|index| {
            let mut command = container(job, &places);
            let environment: Vec<_> = command.get_envs().map(|(name, _)| name.to_os_string()).collect();
            assert!(
                ["JOB_COMPLETIONS", "MASTER_ADDR", "MASTER_PORT"].iter().all(|name| environment.iter().any(|own| own == name))
            );
            with_path(&mut command, programs.path());
            command.arg("--recipe").arg(&recipe).args(["--quiet", "--steps", "2"]);
            command.env("JOB_COMPLETION_INDEX", index.to_string()).env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", &port);
            command.stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(!tensors(&run, 2).is_empty());
}
