//! What the program says, word for word, in `said/`: the help of every command, wrong usage, failures and reports; and the
//! `console` blocks of the book. `make snapshots` writes all of it anew after a wanted change; `git diff` shows what changed.
#![cfg(all(feature = "neural", feature = "training"))]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod book;
mod failures;
mod help;
#[allow(dead_code)]
#[path = "../end_to_end/program.rs"]
mod program;
mod reports;
mod usage;

use program::Place;

/// Whether a line only tells how far the work has come: stages overlap, and take as long as they take.
fn is_progress(line: &str) -> bool {
    let stage = line.split(':').next().unwrap_or_default();
    talkinghead::Stage::ALL.iter().any(|known| known.name() == stage)
}

/// A command as it is typed, its exit code unless 0, and what it prints: standard output first; without progress.
fn transcript(place: &Place, arguments: &str) -> String {
    let mut command = place.command(arguments);
    let output = command.env("COLUMNS", "100").env_remove("TALKINGHEAD_LOG").env_remove("TALKINGHEAD_KERNELS").output().unwrap();
    let code = output.status.code().unwrap();
    let code = if code == 0 { String::new() } else { format!("? {code}\n") };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // A machine's own words (paths of temporary folders) are nobody's business.
    let said = (text(&output.stdout) + &text(&output.stderr)).replace(place.path().to_str().unwrap(), "/place");
    let said: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !is_progress(line)).collect();
    format!("$ talkinghead {arguments}\n{code}{}\n", said.join("\n")).replace("\n\n\n", "\n\n")
}

/// Compares with the file `said/NAME.snap`.
fn assert_said(name: &str, said: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("said");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, said));
}

/// Several commands in one file.
fn assert_all_said(name: &str, place: &Place, commands: &[&str]) {
    let all: Vec<String> = commands.iter().map(|command| transcript(place, command)).collect();
    assert_said(name, &all.join("\n"));
}
