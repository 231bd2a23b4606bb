//! One command a file.

pub mod completions;
#[cfg(feature = "neural")]
pub mod device_flag;
pub mod doctor;
#[cfg(feature = "neural")]
pub mod driving_flags;
pub mod evaluate;
mod evaluate_maker;
mod evaluate_networks;
#[cfg(feature = "training")]
pub mod export;
#[cfg(feature = "training")]
pub mod finetune;
pub mod generate;
#[cfg(feature = "neural")]
pub mod import;
pub mod inspect;
pub mod man;
pub mod motion;
#[cfg(feature = "neural")]
pub mod neural_flags;
pub mod performance_flags;
pub mod preprocess;
#[cfg(feature = "training")]
pub mod published_head_flags;
pub mod track_edit_flags;
#[cfg(feature = "training")]
pub mod train;
#[cfg(feature = "training")]
pub mod train_generator;
#[cfg(feature = "training")]
pub mod train_head_motion;
#[cfg(feature = "training")]
pub mod train_published;
#[cfg(feature = "training")]
pub mod train_unsmile;
pub mod verify;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// Settings that every command shares.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    /// Say nothing but errors and warnings.
    pub quiet: bool,
    /// Threads to use.
    pub threads: Option<std::num::NonZeroUsize>,
}

/// Runs the command that was asked for.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let shared = Shared { quiet: arguments.quiet, threads: arguments.threads };
    if let Some(threads) = shared.threads {
        talkinghead::use_threads(threads);
    }
    // Doctor tells it among its findings; these need no instructions at all.
    if !matches!(arguments.command, Command::Doctor(_) | Command::Completions(_) | Command::Man(_)) {
        talkinghead::InstructionSet::chosen().map_err(talkinghead::GenerationError::from)?;
    }
    match arguments.command {
        Command::Generate(command) => command.run(shared),
        Command::Motion(command) => command.run(shared),
        #[cfg(feature = "neural")]
        Command::Import(command) => command.run(shared),
        #[cfg(feature = "training")]
        Command::Export(command) => command.run(shared),
        Command::Evaluate(command) => command.run(shared),
        Command::Verify(command) => command.run(),
        Command::Preprocess(command) => command.run(shared),
        Command::Inspect(command) => command.run(shared),
        #[cfg(feature = "training")]
        Command::Train(command) => command.run(shared),
        #[cfg(feature = "training")]
        Command::Finetune(command) => command.run(shared),
        Command::Doctor(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    }
}

/// Prints warnings, one line each.
fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {}", warning.replace(['\n', '\r'], " "));
    }
}

/// Prints what may be good to know, one line each.
fn note(notes: &[String]) {
    for note in notes {
        eprintln!("note: {}", note.replace(['\n', '\r'], " "));
    }
}

/// Prints a value as JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
    print(&text)
}

/// Prints a line on standard output; a reader that went away is no error.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(anyhow::Error::from(error).into()),
        _ => Ok(()),
    }
}
