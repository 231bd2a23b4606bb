//! Wrong usage, told as every other failure: one `error:` line, one `hint:` line.

use clap::Parser;
use clap::error::ErrorKind;

use crate::arguments::Arguments;
use crate::failure::Failure;

/// Exit code of wrong usage.
const WRONG_USAGE: i32 = 2;

/// Parses the command line; help, version and wrong usage end the program here.
pub fn parse() -> Arguments {
    match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if is_help(error.kind()) => error.exit(),
        Err(error) => {
            if let Some(lacking) = lacking(std::env::args().skip(1)) {
                lacking.print();
                std::process::exit(WRONG_USAGE)
            }
            failure(&error.to_string(), &command_name()).print();
            std::process::exit(WRONG_USAGE)
        }
    }
}

fn is_help(kind: ErrorKind) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(kind, DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion)
}

/// clap's text has the message first, then tips, usage and a pointer to the help, apart by empty lines.
fn failure(text: &str, command: &str) -> Failure {
    let one_line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n");
    let message = one_line(parts.next().unwrap_or_default().trim_start_matches("error: "));
    let tip = parts.map(one_line).find_map(|part| part.strip_prefix("tip: ").map(str::to_owned));
    Failure::new(message, tip.unwrap_or_else(|| format!("see `{command} --help`")))
}

/// What was asked for is part of the program, but not of this build.
fn lacking(mut arguments: impl Iterator<Item = String>) -> Option<Failure> {
    const TRAINING: [&str; 2] = ["train", "finetune"];
    const NEURAL: [&str; 14] = [
        "import",
        "generator",
        "discriminator",
        "--tolerance",
        "--renderer",
        "--weights",
        "--person",
        "--device",
        "--precision",
        "--driving-landmarks",
        "--driving-rotations",
        "--front",
        "--reference-landmarks",
        "--comparison",
    ];
    let asked = |word: &str, names: &[&str]| names.contains(&word.split_once('=').map_or(word, |(name, _)| name));
    let lacks = |word: &String| {
        (!cfg!(feature = "training") && asked(word, &TRAINING)) || (!cfg!(feature = "neural") && asked(word, &NEURAL))
    };
    let word = arguments.find(lacks)?;
    let message = format!("`{word}` is not part of this build, which leaves the neural networks out");
    Some(Failure::new(message, "build the whole program: `make install`, or `cargo build --release --bin talkinghead`"))
}

/// `talkinghead` with the command that was typed, if it is one.
fn command_name() -> String {
    use clap::CommandFactory;
    let typed = std::env::args().nth(1).unwrap_or_default();
    match Arguments::command().get_subcommands().find(|sub| sub.get_name() == typed) {
        Some(sub) => format!("talkinghead {}", sub.get_name()),
        None => "talkinghead".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_become_two() {
        let text = "error: the following required arguments were not provided:\n  --audio <PATH>\n  --output <PATH>\n\nUsage: x";
        let told = format!("{:?}", failure(text, "talkinghead generate"));
        assert!(
            told.contains("not provided: --audio <PATH> --output <PATH>\"") && told.contains("see `talkinghead generate --help`")
        );
        let tip = format!("{:?}", failure("error: unexpected\n\n  tip: a similar argument exists: '--crop'\n\nUsage: x", "t"));
        assert!(tip.contains("a similar argument exists: '--crop'"));
    }
}
