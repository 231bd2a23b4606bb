//! The `talkinghead` program: parses, runs one command, prints an error once, picks the exit code.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 a training that was stopped.

mod allocator;
mod arguments;
mod commands;
mod failure;
mod interruption;
mod progress;
mod source_progress;
#[cfg(feature = "training")]
mod training_progress;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = usage::parse();
    start_log();
    interruption::install();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            interruption::leave_to_handler();
            failure.print();
            failure.exit_code()
        }
    }
}

/// Messages for developers, off unless `TALKINGHEAD_LOG` asks for them (`TALKINGHEAD_LOG=debug`).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TALKINGHEAD_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true).init();
}
