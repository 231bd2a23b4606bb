//! Several processes train together: as one, refused where they differ, and ended where one is killed.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::fixture;
use crate::program::{TINY, succeed, train};

/// The tiny recipe with norms that see one sample at a time, by which two processes can be compared with one.
fn recipe(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("together.toml");
    let text = TINY
        .replace("items_per_clip = 5", "items_per_clip = 1")
        .replace("[losses]", "norm_G = \"spectralspadeinstance\"\nnorm_F = \"spectralinstance\"\n[losses]");
    std::fs::write(&path, text).unwrap();
    path
}

fn clips(folder: &Path) -> std::path::PathBuf {
    let clips = folder.join("clips");
    ["1", "2", "3", "4"].iter().for_each(|stem| fixture::clip(&clips.join(stem), stem, 16, 16));
    clips
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn of_rank(mut command: Command, rank: usize, ranks: usize, port: &str) -> Command {
    command.arg("--distributed").env("RANK", rank.to_string()).env("WORLD_SIZE", ranks.to_string());
    command.env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", port).env("RAYON_NUM_THREADS", "1");
    command.stderr(Stdio::piped());
    command
}

fn ended(child: Child, within: Duration) -> Output {
    let (begun, id) = (Instant::now(), child.id().to_string());
    let waiting = std::thread::spawn(move || child.wait_with_output().unwrap());
    while !waiting.is_finished() {
        if begun.elapsed() > within {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
            panic!("still running after {} seconds", within.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    waiting.join().unwrap()
}

#[test]
fn two_processes_train_as_one_with_twice_the_batch() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe, port) = (clips(folder.path()), recipe(folder.path()), free_port());
    let (single, shared) = (folder.path().join("single"), folder.path().join("shared"));
    // A step that follows the gradient's size, so that rounding stays rounding.
    let more = ["--steps", "5", "--set", "training.ttur=false", "--set", "training.lr=1e-4"];
    succeed(train(&clips, &single, &recipe, &more).args(["--batch", "2"]));
    let mut others = Vec::new();
    for rank in [1, 0] {
        let mut command = train(&clips, &shared, &recipe, &more);
        command.args(["--batch", "1"]);
        others.push(of_rank(command, rank, 2, &port).spawn().unwrap());
    }
    for child in others {
        let output = ended(child, Duration::from_secs(300));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let read = |run: &Path| {
        let path = run.join("checkpoints/step-00000005.safetensors");
        talkinghead_formats::parse_safetensors(&std::fs::read(path).unwrap()).unwrap().0
    };
    let (one, two) = (read(&single), read(&shared));
    let mut apart = Vec::new();
    for (key, tensor) in one.iter().filter(|(key, _)| key.starts_with("generator/") || key.starts_with("discriminator/")) {
        let other = two.get(key).unwrap();
        apart.extend(tensor.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()));
    }
    // Adam turns a gradient that is nothing but rounding into a whole step: those few are as far apart as five steps.
    let far = apart.iter().filter(|apart| **apart > 1e-5).count();
    assert!(far * 100 < apart.len(), "{far} of {} weights are more than 1e-5 apart", apart.len());
    assert!(apart.iter().all(|apart| *apart <= 2.0 * 5.0 * 1.1e-4), "{:?}", apart.iter().copied().fold(0.0_f32, f32::max));
}

#[test]
fn processes_that_differ_are_refused_and_both_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe, port) = (clips(folder.path()), recipe(folder.path()), free_port());
    let children: Vec<Child> = [("4", 0), ("8", 1)]
        .map(|(width, rank)| {
            let mut command = train(&clips, &folder.path().join("run"), &recipe, &["--steps", "2"]);
            command.args(["--set", &format!("network.ngf={width}")]);
            of_rank(command, rank, 2, &port).spawn().unwrap()
        })
        .into();
    for child in children {
        let output = ended(child, Duration::from_secs(120));
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("error: network.ngf is 4 on rank 0 and 8 on rank 1"), "{text}");
    }
    let mut alone = train(&clips, &folder.path().join("run"), &recipe, &["--distributed"]);
    for name in ["RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX"] {
        alone.env_remove(name);
    }
    let (error, hint) = crate::program::fail(&mut alone, 1);
    assert!(error.contains("RANK") && hint.contains("torchrun"), "{error} {hint}");
}

#[test]
fn a_killed_process_ends_the_others_with_a_checkpoint_from_which_all_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, recipe) = (clips(folder.path()), recipe(folder.path()));
    let (straight, killed) = (folder.path().join("straight"), folder.path().join("killed"));
    let start = |run: &Path, port: &str, more: &[&str]| -> Vec<Child> {
        (0..2)
            .map(|rank| {
                let mut command = train(&clips, run, &recipe, &["--steps", "300", "--batch", "1", "--save-every", "1000"]);
                of_rank(
                    {
                        command.args(more);
                        command
                    },
                    rank,
                    2,
                    port,
                )
                .spawn()
                .unwrap()
            })
            .collect()
    };
    let mut children = start(&killed, &free_port(), &[]);
    let done = || std::fs::read_to_string(killed.join("metrics.jsonl")).map_or(0, |text| text.matches("losses").count());
    let begun = Instant::now();
    while done() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing to kill");
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut victim = children.pop().unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    let output = ended(children.pop().unwrap(), Duration::from_secs(60));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: rank 1 is gone") && text.contains("is written"), "{text}");
    let saved: Vec<u64> = std::fs::read_dir(killed.join("checkpoints"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_prefix("step-")?.strip_suffix(".json")?.parse().ok())
        .collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    // Both go on to what an uninterrupted run has after a few more steps.
    let steps = (saved[0] + 3).to_string();
    for (run, more) in [(&killed, vec!["--resume", "--steps", &steps]), (&straight, vec!["--steps", &steps])] {
        for child in start_again(&clips, run, &recipe, &more) {
            let output = ended(child, Duration::from_secs(300));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let step = saved[0] + 3;
    assert!(crate::program::tensors(&straight, step) == crate::program::tensors(&killed, step), "the weights differ");
}

fn start_again(clips: &Path, run: &Path, recipe: &Path, more: &[&str]) -> Vec<Child> {
    let port = free_port();
    let one = |rank: usize| {
        let mut command = train(clips, run, recipe, &["--batch", "1", "--save-every", "1000"]);
        of_rank(
            {
                command.args(more);
                command
            },
            rank,
            2,
            &port,
        )
        .spawn()
        .unwrap()
    };
    vec![one(0), one(1)]
}
