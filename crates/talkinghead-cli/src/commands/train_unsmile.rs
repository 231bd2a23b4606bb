//! `talkinghead train unsmile`: the basis that takes a smile off a portrait.

use std::path::PathBuf;

use clap::Args;
use talkinghead_media::{OutputClaim, write_file};
use talkinghead_motion::expression::FloatWidth;
use talkinghead_training::expression::{ExpressionCorpus, train_unsmile};

use super::{Shared, print_json};
use crate::failure::Failure;

/// Fits the basis that takes a smile off a portrait: from blendshape scores to how the face is displaced.
#[derive(Args, Debug)]
#[command(
    after_help = "DATA is as for `talkinghead train expression`; photographs (kind `still`) teach too, and those with split `validation` score
the result.

Example:
  talkinghead train unsmile --data faces --output unsmile.safetensors"
)]
pub struct Unsmile {
    /// Folder with index.csv, photographs and recordings.
    #[arg(long, value_name = "DATA")]
    data: PathBuf,

    /// The weights to write (.safetensors).
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    photographs: usize,
    videos: usize,
    bytes: usize,
    explained_lips: f32,
    explained_face: f32,
}

impl Unsmile {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let index = self.data.join("index.csv");
        if !index.is_file() {
            let message = format!("{} does not exist", index.display());
            return Err(Failure::new(message, "see `talkinghead train expression --help` for what the folder must hold"));
        }
        let _claim = OutputClaim::new(&self.output, [index.as_path()])?;
        if !shared.quiet {
            eprintln!("learning from {}", self.data.display());
        }
        let failed = |error| Failure::new(format!("training failed: {error}"), "check the files that index.csv names");
        let fit = ExpressionCorpus::open(&self.data).and_then(|corpus| train_unsmile(&corpus)).map_err(failed)?;
        let bytes = fit.file.to_bytes(FloatWidth::Half).map_err(anyhow::Error::from)?;
        write_file(&self.output, &bytes)?;
        let (photographs, videos) = fit.examples;
        let report = Report {
            output: self.output,
            photographs,
            videos,
            bytes: bytes.len(),
            explained_lips: fit.explained,
            explained_face: fit.explained_face,
        };
        if self.json {
            return print_json(&report);
        }
        if !shared.quiet {
            eprintln!(
                "{}: learned from {photographs} photographs and {videos} videos, {} bytes; of the differences between one person's \
                 validation photographs it explains {:.0} % at the lips, {:.0} % over the face",
                report.output.display(),
                report.bytes,
                100.0 * report.explained_lips,
                100.0 * report.explained_face
            );
        }
        Ok(())
    }
}
