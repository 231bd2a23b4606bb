//! Outputs that cannot be written, or must not be.

use std::path::Path;
use std::process::Command;

use crate::program::{Failure, Place};

fn generate(output: &str) -> String {
    format!("generate --reference portrait.jpg --audio speech.wav --output {output}")
}

#[test]
fn no_folder_no_permission_no_format() {
    let place = Place::new();
    let failure = place.fail(&generate("none/out.mp4"), 1, &["none", "does not exist"]);
    assert!(failure.hint.contains("mkdir"), "{failure:?}");
    place.fail(&generate("speech.wav/out.mp4"), 1, &["speech.wav/out.mp4", "cannot write"]);
    place.fail(&generate("out.gif"), 1, &["out.gif", "extension"]);
    place.fail(&generate("out"), 1, &["extension"]);
    std::fs::create_dir(place.at("folder.mp4")).unwrap();
    place.fail(&generate("folder.mp4"), 1, &["folder.mp4", "not a regular file"]);
    if cfg!(target_os = "linux") {
        place.fail(&generate("/proc/out.mp4"), 1, &["/proc/out.mp4", "cannot write"]);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let folder = place.at("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        std::fs::remove_file(folder.join("probe")).unwrap();
        eprintln!("skipped: root may write everywhere; /proc stands in for it in another test");
        return;
    }
    place.fail(&generate("locked/out.mp4"), 1, &["locked/out.mp4", "permission denied"]);
}

#[test]
fn an_output_that_is_an_input() {
    let place = Place::new();
    place.video("person.mp4", 1);
    place.ffmpeg("-f lavfi -i sine=duration=0.5", "speech.mov");
    let run = |reference: &str, rest: &str| format!("generate --reference {reference} {rest}");
    place.fail(&run("person.mp4", "--audio speech.wav --output person.mp4"), 1, &["person.mp4", "input"]);
    place.fail(&run("person.mp4", "--audio speech.wav --output ./person.mp4"), 1, &["person.mp4", "input"]);
    place.fail(&run("portrait.jpg", "--audio speech.mov --output speech.mov"), 1, &["speech.mov", "input"]);
    place.fail(
        &run("portrait.jpg", "--audio speech.wav --head-motion person.mp4 --output person.mp4"),
        1,
        &["person.mp4", "input"],
    );
    std::fs::hard_link(place.at("person.mp4"), place.at("other_name.mp4")).unwrap();
    place.fail(&run("person.mp4", "--audio speech.wav --output other_name.mp4"), 1, &["other_name.mp4", "input"]);
    // Side outputs replace no input either.
    place.fail(&format!("{} --preview portrait.jpg", generate("out.mp4")), 1, &["portrait.jpg"]);
    place.fail(&format!("{} --save-motion speech.wav", generate("out.mp4")), 1, &["speech.wav"]);
    place.write("track.json", "kept");
    place.fail("motion --audio speech.wav --output speech.wav", 1, &["speech.wav", "input"]);
}

#[test]
fn an_existing_output_survives_a_failure_and_is_replaced_by_success() {
    let place = Place::new();
    place.write("out.mp4", "an older video");
    place.fail("generate --reference none.jpg --audio speech.wav --output out.mp4", 1, &["none.jpg"]);
    place.succeed(&generate("out.mp4"));
    assert!(crate::main_job::count_frames(&place.at("out.mp4")) > 20);
}

#[test]
fn a_preview_whose_format_is_unknown() {
    let place = Place::new();
    for preview in ["first.gif", "first", "first.mp4"] {
        let failure = place.fail(&format!("{} --preview {preview}", generate("out.mp4")), 1, &[preview, "ending"]);
        assert!(failure.hint.contains(".png, .jpg"), "{failure:?}");
    }
}

/// Each command that writes a file for long.
#[test]
fn an_output_that_another_run_is_writing() {
    let place = Place::new();
    for name in ["out.mp4", "track.json", "first.jpg"] {
        place.write(name, "of the other run");
    }
    let claims =
        ["out.mp4", "track.json", "first.jpg"].map(|name| talkinghead_media::OutputClaim::new(&place.at(name), []).unwrap());
    let refused = |line: &str, word: &str| {
        let output = place.run(line);
        let failure = Failure::read(&output, 1, line);
        assert!(failure.error.contains("another run is writing") && failure.error.contains(word), "{failure:?}");
        assert!(failure.hint.contains("wait"), "{failure:?}");
    };
    refused(&generate("out.mp4"), "out.mp4");
    refused(&format!("{} --preview first.jpg", generate("other.mp4")), "first.jpg");
    refused("motion --audio speech.wav --output track.json", "track.json");
    drop(claims);
    place.succeed("motion --audio speech.wav --output track.json");
    let left: Vec<_> = place.content().into_keys().filter(|path| path.to_string_lossy().contains(".lock")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn who_may_read_an_output_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let outputs = ["out.mp4", "track.json", "first.jpg"];
    for name in outputs {
        place.write(name, "private");
        std::fs::set_permissions(place.at(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    place.succeed(&format!("{} --save-motion track.json --preview first.jpg", generate("out.mp4")));
    for name in outputs {
        assert_eq!(std::fs::metadata(place.at(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert!(std::fs::read(place.at("first.jpg")).unwrap().starts_with(&[0xff, 0xd8]), "the preview is no JPEG");
}

/// A limit on the size of files ends ffmpeg as a full disk does.
#[cfg(unix)]
#[test]
fn a_limit_on_file_sizes() {
    let place = Place::new();
    place.write("out.mp4", "an older video");
    let command = format!("ulimit -f 8; exec \"$0\" {}", generate("out.mp4"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command, env!("CARGO_BIN_EXE_talkinghead")]).current_dir(place.path());
    place.fail_with(&mut shell, 1, &["disk is full", "out.mp4"]);
}

/// A real full disk, where the tests may mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let place = Place::new();
    let disk = place.at("disk");
    std::fs::create_dir(&disk).unwrap();
    let Some(_mounted) = SmallDisk::mount(&disk) else {
        eprintln!("skipped: mounting a small disk is not allowed here");
        return;
    };
    place.fail(&generate("disk/out.mp4"), 1, &["disk is full", "disk/out.mp4"]);
    let free = std::fs::write(disk.join("free"), vec![1_u8; 30_000]);
    assert!(free.is_ok(), "the unfinished file still takes room: {free:?}");
    std::fs::remove_file(disk.join("free")).unwrap();
    // A disk with no room at all, not even for the first byte.
    let _ = std::fs::write(disk.join("filler"), vec![1_u8; 60_000]);
    let output = place.run("motion --audio speech.wav --output disk/track.json");
    Failure::read(&output, 1, "motion on a full disk");
    assert!(!disk.join("track.json").exists());
}

#[cfg(target_os = "linux")]
struct SmallDisk<'a>(&'a Path);

#[cfg(target_os = "linux")]
impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        let output = mount.args(["-t", "tmpfs", "-o", "size=40k", "none"]).arg(at).output().ok()?;
        output.status.success().then_some(Self(at))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
