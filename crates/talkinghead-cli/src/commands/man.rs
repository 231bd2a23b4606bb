//! `talkinghead man`: manual pages.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};

use super::print;
use crate::arguments::Arguments;
use crate::failure::Failure;

/// Prints the manual page, or writes one page a command into a folder.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  talkinghead man | man -l -
  talkinghead man ~/.local/share/man/man1")]
pub struct Man {
    /// Folder for the pages; the main page goes to standard output when left out.
    folder: Option<PathBuf>,
}

impl Man {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let mut command = Arguments::command();
        command.build();
        let Some(folder) = self.folder else {
            return print(String::from_utf8_lossy(&page(&command)?).trim_end());
        };
        write(&folder, "talkinghead.1", &command)?;
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name = format!("talkinghead-{}", sub.get_name());
            // A built command knows its display name (`talkinghead-generate`).
            write(&folder, &format!("{name}.1"), sub)?;
        }
        Ok(())
    }
}

fn write(folder: &Path, name: &str, command: &Command) -> Result<(), Failure> {
    Ok(talkinghead_media::write_file(&folder.join(name), &page(command)?)?)
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text).map_err(anyhow::Error::from)?;
    Ok(text)
}
