//! Wrong usage, told as every other failure: one `error:` line, one `hint:` line, exit code 2.

use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};

use crate::failure::Failure;

/// Exit code for a command line that makes no sense.
const WRONG_USAGE: u8 = 2;

/// Prints what the parser found, or the help that was asked for.
pub fn report(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print(); // Fails only when nobody listens any more.
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(WRONG_USAGE);
    }
    let (message, tip) = read(&error.render().to_string());
    let help = format!("`talkinghead {}--help` lists what can be given", command(error));
    Failure::new(message, tip.unwrap_or(help)).print();
    ExitCode::from(WRONG_USAGE)
}

/// The message, which is the parser's first paragraph, and its tip.
fn read(text: &str) -> (String, Option<String>) {
    let mut paragraphs = text.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let message = words.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    let tip = paragraphs.find_map(|paragraph| paragraph.trim().lines().next()?.trim().strip_prefix("tip: ").map(str::to_owned));
    (message, tip)
}

/// The command that was meant, with a blank after it; nothing when there was none.
fn command(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let words = usage.split_whitespace().skip_while(|word| *word != "talkinghead").skip(1);
    words.take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).map(|word| format!("{word} ")).collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_parser_error_becomes_one_line_and_a_tip() {
        let text = "error: unexpected argument '--audo' found\n\n  tip: a similar argument exists: '--audio'\n\nUsage: x\n";
        let (message, tip) = read(text);
        assert_eq!(message, "unexpected argument '--audo' found");
        assert_eq!(tip.as_deref(), Some("a similar argument exists: '--audio'"));
        let (message, tip) = read("error: the following required arguments were not provided:\n  --audio <PATH>\n\nUsage: x");
        assert_eq!(message, "the following required arguments were not provided: --audio <PATH>");
        assert_eq!(tip, None);
    }
}
