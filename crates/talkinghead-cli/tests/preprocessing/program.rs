//! The binary and what it says.

use std::path::Path;
use std::process::{Command, Output};

pub fn preprocess() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talkinghead"));
    command.arg("preprocess");
    for name in ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] {
        command.env_remove(name);
    }
    command
}

/// The whole of a corpus.
pub fn whole(dataset: &str, input: &Path, output: &Path) -> Command {
    let mut command = preprocess();
    command.args(["--dataset", dataset, "--input"]).arg(input).arg("--output").arg(output);
    command
}

pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    output
}

/// Standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
