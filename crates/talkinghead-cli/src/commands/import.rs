//! `talkinghead import`: a published checkpoint becomes a weights file of ours.

use std::path::PathBuf;

use clap::Args;
use talkinghead_media::OutputClaim;
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::import::import_generator;
use talkinghead_synthesis::options::{GENERATOR_OPTIONS, Options};

use super::{Shared, print_json};
use crate::failure::Failure;

/// Reads a published generator checkpoint (.pth, old or new) and writes it as .safetensors for `generate --weights`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  talkinghead import latest_net_G.pth --options opt.txt --output model.safetensors

The network's design is read off the shapes of the tensors; options say what shapes cannot (flow_multiplier, no_warp,
n_shot of networks without the hybrid embedding). Nothing in a checkpoint is ever executed, and it is loaded wholly or not
at all: every missing or unexpected tensor is named.")]
pub struct Import {
    /// The checkpoint.
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: PathBuf,

    /// The file to write.
    #[arg(long, short, value_name = "FILE.safetensors")]
    output: PathBuf,

    /// The training options: opt.txt as written beside the checkpoint, or JSON.
    #[arg(long, value_name = "FILE")]
    options: Option<PathBuf>,

    /// One training option; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Summary {
    output: PathBuf,
    tensors: usize,
    values: usize,
    options: std::collections::BTreeMap<String, String>,
    assumed: Vec<String>,
}

impl Import {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let mut options = match &self.options {
            Some(path) => Options::read(path).map_err(SynthesisError::from)?,
            None => Options::new(),
        };
        for (name, value) in &self.set {
            // An option file is full of training options, but what is said here is meant.
            if !GENERATOR_OPTIONS.contains(&name.as_str()) {
                return Err(Failure::new(
                    format!("--set {name}={value}: the generator has no option `{name}`"),
                    format!("it has {}", GENERATOR_OPTIONS.join(", ")),
                ));
            }
            options.set(name, value);
        }
        let inputs = std::iter::once(self.checkpoint.as_path()).chain(self.options.as_deref());
        let _claim = OutputClaim::new(&self.output, inputs)?;
        let imported = import_generator(&self.checkpoint, &self.output, &options)?;
        let all = Options::from(&imported.config);
        if self.json {
            return print_json(&Summary {
                output: self.output,
                tensors: imported.tensors,
                values: imported.values,
                options: all.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                assumed: imported.assumed.into_iter().map(|(name, _)| name).collect(),
            });
        }
        if !shared.quiet {
            eprintln!("{}: {} tensors, {} values", self.output.display(), imported.tensors, imported.values);
            for (name, value) in &imported.assumed {
                eprintln!("note: {name} = {value} was assumed; shapes do not tell it (--set {name}=VALUE)");
            }
        }
        Ok(())
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=VALUE")?;
    if name.is_empty() { Err("give NAME=VALUE".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}
