//! `talkinghead completions`: completions for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::print;
use crate::arguments::Arguments;
use crate::failure::Failure;

/// Prints completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  talkinghead completions bash > ~/.local/share/bash-completion/completions/talkinghead
  talkinghead completions zsh > ~/.zfunc/_talkinghead
  talkinghead completions fish > ~/.config/fish/completions/talkinghead.fish")]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "talkinghead", &mut text);
        print(String::from_utf8_lossy(&text).trim_end())
    }
}
