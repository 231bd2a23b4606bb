//! Ctrl-C in the middle of the work.
#![cfg(unix)]

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Failure, Place, demo, processes_in};

/// Starts a long generation, sends `signal` once frames are being encoded, and expects a clean end.
fn interrupt(signal: &str) {
    let place = Place::new();
    place.write("out.mp4", "an older video");
    let before = place.content();
    let audio = demo("jfk.wav");
    let arguments = format!("generate --reference portrait.jpg --audio {} --output out.mp4", audio.display());
    let mut command = place.command(&arguments);
    // A process group of its own stands for the terminal's foreground job.
    let child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    let encoding = || {
        let writing = place.content().into_keys().any(|path| path.extension().is_some_and(|ending| ending == "unfinished"));
        writing && processes_in(place.path()).iter().any(|line| line.contains("libx264"))
    };
    while !encoding() {
        assert!(started.elapsed() < Duration::from_secs(120), "encoding never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
    let asked = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?} to stop", asked.elapsed());
    let failure = Failure::read(&output, 1, signal);
    assert!(failure.error.contains("interrupted"), "{failure:?}");
    assert!(before == place.content(), "{:?}", place.content().keys());
    place.assert_nothing_left_over();
}

#[test]
fn control_c_leaves_nothing_behind() {
    interrupt("-INT");
}

#[test]
fn termination_leaves_nothing_behind() {
    interrupt("-TERM");
}
