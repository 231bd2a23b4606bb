//! `talkinghead inspect`: a clip to look at.

use std::path::PathBuf;

use clap::Args;
use talkinghead_dataset::{
    ClipFolder,
    inspect::{Inspection, inspect},
};
use talkinghead_media::check_output;

use super::{Shared, print_json, warn};
use crate::failure::Failure;

/// Makes a video of a clip folder: landmarks and head-pose axes, label image and projection side by side.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  talkinghead inspect clips/clips/s1/bbaf2n --output look.mp4
  talkinghead inspect clips/clips/s1/bbaf2n/bbaf2n_aligned.mp4 --output look.mp4

The folder may be one of `talkinghead preprocess` or one that the published tools made.")]
pub struct Inspect {
    /// A clip's folder; its cropped video if the folder holds several clips.
    #[arg(value_name = "CLIPDIR")]
    clip: PathBuf,

    /// The video to write.
    #[arg(long, short, value_name = "VIDEO")]
    output: PathBuf,

    /// Print a report as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    output: PathBuf,
    #[serde(flatten)]
    inspection: Inspection,
}

impl Inspect {
    /// Does it.
    pub fn run(self, shared: Shared) -> Result<(), Failure> {
        let clip = ClipFolder::open(&self.clip)?;
        check_output(&self.output, [clip.video.as_path()].into_iter())?;
        let inspection = inspect(&clip, &self.output)?;
        warn(&inspection.warnings);
        let report = Report { output: self.output, inspection };
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}: {} frames", report.output.display(), report.inspection.frames);
        }
        Ok(())
    }
}
