//! The command line: what can be asked for.

use clap::{Parser, Subcommand};

#[cfg(feature = "neural")]
use crate::commands::import;
use crate::commands::{completions, doctor, evaluate, generate, inspect, man, motion, preprocess, verify};
#[cfg(feature = "training")]
use crate::commands::{export, finetune, train};

/// Makes a portrait speak a recording.
#[derive(Parser, Debug)]
#[command(
    name = "talkinghead",
    version,
    about,
    long_about = "Makes a portrait speak a recording: a few pictures or seconds of a person and a recording in, a video out in which \
                  that person speaks it, lips in time and head moving.",
    after_help = "Start here:\n  talkinghead generate --reference portrait.png --audio speech.wav --output video.mp4\n\n\
                  Something missing?\n  talkinghead doctor",
    arg_required_else_help = true,
    subcommand_required = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Say nothing but errors and warnings.
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Threads to use; every core when left out.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    Generate(Box<generate::Generate>),
    Motion(motion::Motion),
    #[cfg(feature = "neural")]
    Import(import::Import),
    #[cfg(feature = "training")]
    Export(export::Export),
    Evaluate(Box<evaluate::Evaluate>),
    Verify(verify::Verify),
    Preprocess(Box<preprocess::Preprocess>),
    Inspect(inspect::Inspect),
    #[cfg(feature = "training")]
    Train(train::Train),
    #[cfg(feature = "training")]
    Finetune(Box<finetune::Finetune>),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
}
