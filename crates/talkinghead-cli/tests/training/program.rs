//! The program on small clips with a tiny network.

use std::path::Path;
use std::process::{Command, Output};

/// A recipe of a second: 32 pixels, four channels.
pub const TINY: &str = r#"
compatibility = "right"
[data]
size = 32
shots = 2
items_per_clip = 5
[network]
ngf = 4
n_downsample_G = 2
n_adaptive_layers = 2
nff = 4
n_downsample_F = 1
n_blocks_F = 1
ndf = 4
n_layers_D = 2
[losses]
face_l1 = 10
[perceptual]
network = "none"
[flow]
teacher = "none"
[training]
batch = 2
epochs = 20
average = 0.9
[run]
picture_every = 1000
validate_every = 1000
validation_items = 2
save_every = 3
save_every_epochs = 0
keep = 2
workers = 2
"#;

pub fn talkinghead(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talkinghead"));
    command.args(arguments).env("RAYON_NUM_THREADS", "2");
    command
}

/// `train generator` with the tiny recipe.
pub fn train(data: &Path, run: &Path, recipe: &Path, more: &[&str]) -> Command {
    let mut command = talkinghead(&["train", "generator", "--quiet"]);
    command.arg("--data").arg(data).arg("--run").arg(run).arg("--recipe").arg(recipe).args(more);
    command
}

pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The error and hint lines of a command that must fail with that code.
pub fn fail(command: &mut Command, code: i32) -> (String, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    let line = |start: &str| {
        let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(start)).collect();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].to_owned()
    };
    (line("error: "), line("hint: "))
}

/// Two clips and the tiny recipe in a folder.
pub fn material(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let clips = folder.join("clips");
    ["1", "2"].iter().for_each(|stem| crate::fixture::clip(&clips.join(stem), stem, 16, 16));
    let recipe = folder.join("tiny.toml");
    std::fs::write(&recipe, TINY).unwrap();
    (clips, recipe)
}

/// The bytes of a checkpoint's tensors.
pub fn tensors(run: &Path, step: u64) -> Vec<u8> {
    std::fs::read(run.join(format!("checkpoints/step-{step:08}.safetensors"))).unwrap()
}
