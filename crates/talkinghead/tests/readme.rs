//! The READMEs' programs, run: one video, and one prepared person with three recordings, one of them cancelled. Alone in this
//! file, since it changes the current folder.
#![allow(clippy::unwrap_used)]

mod material;
#[path = "../examples/one_video.rs"]
mod one_video;
#[path = "../examples/three_recordings.rs"]
mod three_recordings;

/// The example as people read it.
fn shown(example: &str) -> String {
    example.split_once("\n\n").unwrap().1.replace("pub(crate) ", "")
}

#[test]
fn the_readmes_hold_the_examples_and_they_run() {
    let (crate_readme, readme) = (include_str!("../README.md"), include_str!("../../../README.md"));
    let one = shown(include_str!("../examples/one_video.rs"));
    let three = shown(include_str!("../examples/three_recordings.rs"));
    for (readme, fence, example) in
        [(crate_readme, "rust,no_run", &one), (crate_readme, "rust,no_run", &three), (readme, "rust", &three)]
    {
        assert!(readme.contains(&format!("```{fence}\n{example}```")), "a README and an example differ:\n{example}");
    }
    assert!(three.lines().count() <= 15);
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(material::portrait(), folder.path().join("portrait.jpg")).unwrap();
    for (name, start) in [("hello.wav", 0.0), ("wait.wav", 1.0), ("bye.wav", 2.0)] {
        material::speech(&folder.path().join(name), start, 0.5);
    }
    std::env::set_current_dir(folder.path()).unwrap();
    one_video::main().unwrap();
    three_recordings::main().unwrap();
    let made = |name: &str| folder.path().join(name).is_file();
    assert!(made("hello.mp4") && made("hello.wav.mp4") && made("bye.wav.mp4") && !made("wait.wav.mp4"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 7, "nothing else is left");
}
