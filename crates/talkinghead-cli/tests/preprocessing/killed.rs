//! `kill -9` in the middle, and the same command again.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::fixture::{assert_same_tree, clip, tree};
use crate::program::{succeed, whole};

fn corpus(folder: &Path) {
    let portraits = ["hopper.jpg", "ride.jpg", "johnson.jpg", "lincoln.jpg"];
    for number in 0..6 {
        clip(&folder.join(format!("talk {number}.mp4")), portraits[number % 4], number as f64, true);
    }
}

#[test]
fn a_killed_run_is_taken_up_and_gives_the_same_bytes() {
    let (input, straight, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    corpus(input.path());
    succeed(whole("videos", input.path(), straight.path()).args(["--jobs", "2"]));

    // Killed twice: once early, with the first videos in the making, once with some done.
    for done in [0, 2] {
        let mut run = whole("videos", input.path(), killed.path());
        let mut child = run.args(["--jobs", "2"]).spawn().unwrap();
        let start = Instant::now();
        let records =
            || std::fs::read_dir(killed.path().join("work")).map_or(0, |entries| entries.flatten().filter(is_record).count());
        let in_the_making = || tree_is_growing(&killed.path().join(".staging"));
        while !(records() >= done && in_the_making()) {
            assert!(start.elapsed() < Duration::from_secs(120), "nothing to kill");
            assert!(child.try_wait().unwrap().is_none(), "it was over before it could be killed");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(records() < 6 && !killed.path().join("manifest.jsonl").exists());
    }
    let resumed = succeed(whole("videos", input.path(), killed.path()).args(["--jobs", "2", "--json"]));
    let report: serde_json::Value = serde_json::from_slice(&resumed.stdout).unwrap();
    assert!(report["run"]["resumed"].as_u64().unwrap() >= 2, "{report}");
    assert_eq!(report["merge"]["clips"], 6);
    assert_same_tree(straight.path(), killed.path());
}

fn is_record(entry: &std::fs::DirEntry) -> bool {
    entry.path().extension().is_some_and(|extension| extension == "json")
}

fn tree_is_growing(staging: &Path) -> bool {
    staging.is_dir() && std::panic::catch_unwind(|| tree(staging)).is_ok_and(|files| !files.is_empty())
}
