//! The real binary in a fresh folder, and what every failure must look like.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A fresh folder with a portrait and a short recording in it.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// `portrait.jpg` (a face) and `speech.wav` (1 s of speech).
    pub fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::copy(demo("lincoln.jpg"), place.at("portrait.jpg")).unwrap();
        let speech = format!("-ss 0.3 -t 1 -i {}", demo("jfk.wav").display());
        place.ffmpeg(&speech, "speech.wav");
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.at(name), content).unwrap();
    }

    /// Makes a file with ffmpeg; arguments are split at blanks.
    pub fn ffmpeg(&self, arguments: &str, name: &str) {
        let status = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-y"])
            .args(arguments.split(' '))
            .arg(self.at(name))
            .status()
            .unwrap();
        assert!(status.success(), "ffmpeg {arguments}");
    }

    /// A video of the portrait, standing still.
    pub fn video(&self, name: &str, seconds: u32) {
        let portrait = self.at("portrait.jpg");
        let picture = format!("-loop 1 -framerate 25 -t {seconds} -i {}", portrait.display());
        self.ffmpeg(&format!("{picture} -vf scale=320:320 -g 5 -pix_fmt yuv420p -movflags +faststart"), name);
    }

    /// The binary, to be run in this folder.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talkinghead"));
        command.current_dir(self.path()).args(arguments.split_whitespace());
        // What one test found out must not help another.
        command.env("TALKINGHEAD_CACHE", "off");
        command
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the binary and expects it to work; gives what it said on standard error.
    pub fn succeed(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "talkinghead {arguments}\n{said}");
        self.assert_nothing_left_over();
        said
    }

    /// Runs the binary and expects it to fail as failures must: the exit code; one `error:` line that holds
    /// `words` and one `hint:` line; nothing on standard output; no file added, changed or removed; no child left.
    pub fn fail(&self, arguments: &str, code: i32, words: &[&str]) -> Failure {
        let mut command = self.command(arguments);
        self.fail_with(&mut command, code, words)
    }

    /// As [`Place::fail`], for a command that was prepared by the caller.
    pub fn fail_with(&self, command: &mut Command, code: i32, words: &[&str]) -> Failure {
        let before = self.content();
        let output = command.output().unwrap();
        let failure = Failure::read(&output, code, &format!("{command:?}"));
        for word in words {
            assert!(failure.error.to_lowercase().contains(&word.to_lowercase()), "no `{word}` in: {}", failure.error);
        }
        assert!(before == self.content(), "files changed: {:?}, were {:?}", self.content().keys(), before.keys());
        self.assert_nothing_left_over();
        failure
    }

    /// Every file below the folder with its content.
    pub fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    files.insert(path, bytes);
                } else {
                    files.insert(path, Vec::new());
                }
            }
        }
        files
    }

    /// No hidden file and no process that works in this folder.
    pub fn assert_nothing_left_over(&self) {
        let hidden: Vec<_> = self
            .content()
            .into_keys()
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
            .collect();
        assert!(hidden.is_empty(), "left behind: {hidden:?}");
        assert_eq!(processes_in(self.path()), Vec::<String>::new(), "processes left");
    }
}

/// Command lines of the processes whose current folder is `folder` (Linux; elsewhere nothing is found).
pub fn processes_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let here = entries.filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder));
    here.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| !line.is_empty()) // A zombie that its parent has not collected yet.
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}

/// What a failed run said.
#[derive(Debug)]
pub struct Failure {
    /// The line after `error: `.
    pub error: String,
    /// The line after `hint: `.
    pub hint: String,
}

impl Failure {
    pub fn read(output: &Output, code: i32, what: &str) -> Self {
        let said = String::from_utf8_lossy(&output.stderr).replace('\r', "\n");
        assert_eq!(output.status.code(), Some(code), "{what}\n{said}");
        assert!(output.stdout.is_empty(), "on standard output: {}", String::from_utf8_lossy(&output.stdout));
        let one = |mark: &str| {
            let found: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix(mark)).collect();
            assert_eq!(found.len(), 1, "one line `{mark}` is wanted in:\n{said}");
            found[0].to_owned()
        };
        let failure = Self { error: one("error: "), hint: one("hint: ") };
        assert!(!said.contains("panicked"), "{said}");
        let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(2).collect();
        assert!(last[0].starts_with("hint: ") && last[1].starts_with("error: "), "the last lines are error and hint:\n{said}");
        failure
    }
}

/// A file of the demo.
pub fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo").join(name)
}
