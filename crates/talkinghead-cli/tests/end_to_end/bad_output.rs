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
