//! The READMEs' program, run: one prepared person, three recordings, one cancelled. Alone in this file, since it changes the
//! current folder.
#![allow(clippy::unwrap_used)]

mod material;
#[path = "../examples/three_recordings.rs"]
mod three_recordings;

#[test]
fn the_readmes_hold_the_example_and_it_runs() {
    let example = include_str!("../examples/three_recordings.rs").replace("pub(crate) ", "");
    let (_, example) = example.split_once("\n\n").unwrap();
    for (readme, fence) in [(include_str!("../README.md"), "```rust,no_run"), (include_str!("../../../README.md"), "```rust")] {
        assert!(readme.contains(&format!("{fence}\n{example}```")), "a README and examples/three_recordings.rs differ");
    }
    assert!(example.lines().count() <= 15);
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(material::portrait(), folder.path().join("portrait.jpg")).unwrap();
    for (name, start) in [("hello.wav", 0.0), ("wait.wav", 1.0), ("bye.wav", 2.0)] {
        material::speech(&folder.path().join(name), start, 0.5);
    }
    std::env::set_current_dir(folder.path()).unwrap();
    three_recordings::main().unwrap();
    let made = |name: &str| folder.path().join(name).is_file();
    assert!(made("hello.wav.mp4") && made("bye.wav.mp4") && !made("wait.wav.mp4"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6, "nothing else is left");
}
