//! `talkinghead export`: a training's checkpoint becomes a weights file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use talkinghead_media::OutputClaim;
use talkinghead_synthesis::weights::FloatWidth;
use talkinghead_training::run::{ExportedWeights, export_generator};

use super::{Shared, print_json};
use crate::failure::Failure;

/// Writes the generator of a training run as .safetensors for `generate --weights`.
#[derive(Args, Debug)]
#[command(
    after_help = "Spectral norms are divided out, and the size of the pictures is written into the file, so that `generate` shows the network
what it learned from.

Examples:
  talkinghead export runs/first --output first.safetensors
  talkinghead export runs/first/checkpoints/step-00000400.json --floats f16 --output first.safetensors"
)]
pub struct Export {
    /// The run's folder, or one of its checkpoints.
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// The file to write.
    #[arg(long, short, value_name = "FILE.safetensors")]
    output: PathBuf,

    /// Which checkpoint of a run: the one that validation found best, or the last.
    #[arg(long, value_enum, default_value_t = Which::Best)]
    which: Which,

    /// How weights are stored; biases and statistics keep 32 bits.
    #[arg(long, value_enum, default_value_t = Floats::F32)]
    floats: Floats,

    /// The last step's weights, even where averages were kept.
    #[arg(long)]
    no_average: bool,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Best,
    Last,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Floats {
    /// 32 bits.
    F32,
    /// Half precision.
    F16,
    /// 16 bits with the range of 32.
    Bf16,
}

impl Export {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let floats = match self.floats {
            Floats::F32 => FloatWidth::Single,
            Floats::F16 => FloatWidth::HalfMatrices,
            Floats::Bf16 => FloatWidth::BrainMatrices,
        };
        let weights = if self.no_average { ExportedWeights::Last } else { ExportedWeights::Averaged };
        let _claim = OutputClaim::new(&self.output, [self.run.as_path()])?;
        let done = export_generator(&self.run, &self.output, self.which == Which::Best, weights, floats)?;
        if self.json {
            return print_json(&serde_json::json!({
                "output": self.output,
                "checkpoint": done.checkpoint,
                "step": done.step,
                "side": done.side,
                "tensors": done.tensors,
                "bytes": done.bytes,
                "averaged": done.averaged,
            }));
        }
        if !shared.quiet {
            let kind = if done.averaged { "averaged weights" } else { "weights" };
            let (side, step) = (done.side, done.step);
            eprintln!(
                "{}: {kind} after step {step}, for pictures of {side} x {side}, {} bytes",
                self.output.display(),
                done.bytes
            );
        }
        Ok(())
    }
}
