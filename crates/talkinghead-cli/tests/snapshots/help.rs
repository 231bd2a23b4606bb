//! `--help` of the program and of every command.

use crate::program::Place;
use crate::{assert_said, transcript};

const COMMANDS: [&str; 16] = [
    "generate",
    "motion",
    "import",
    "export",
    "evaluate",
    "verify",
    "preprocess",
    "inspect",
    "train",
    "train generator",
    "train expression",
    "train unsmile",
    "finetune",
    "doctor",
    "completions",
    "man",
];

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    let whole = transcript(&place, "--help");
    assert_said("help", &whole);
    for command in COMMANDS {
        let name = format!("help-{}", command.replace(' ', "-"));
        assert_said(&name, &transcript(&place, &format!("{command} --help")));
    }
    // A command that is added needs a line above.
    let listed = whole.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What a line cannot hold goes on in the next one, farther right.
    let listed = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let listed: Vec<&str> = listed.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
    assert!(listed.len() > 8 && listed.iter().all(|name| COMMANDS.contains(name)), "{listed:?}");
}
