//! `talkinghead inspect`: a clip folder to look at.

use std::path::{Path, PathBuf};

use clap::Args;
use talkinghead_dataset::inspect::{Inspection, inspect};
use talkinghead_dataset::{ClipFolder, DatasetError};
use talkinghead_media::OutputClaim;

use super::{Shared, print_json, warn};
use crate::failure::Failure;

/// Makes a video of a training clip: landmarks, head-pose axes, label image and projection side by side.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  talkinghead inspect data/clips/s1/bbaf2n --output look.mp4

From the left: the cropped frame with the 68 landmarks and the head's axes (right red, down green, towards the camera blue),
the label image, the key frame's textured mesh in the frame's pose. Below: yaw (red), pitch (green) and roll (blue) over the
clip, up to the angle of the outer lines (15 degrees or a multiple); the yellow line is the key frame.

Reads clip folders of `talkinghead preprocess` and of the reference (N_aligned.mp4, N_aligned.npy, N_aligned_rt.npy,
N_aligned_front.npy; N_aligned_ani.mp4 and N.wav if there). Where a folder holds several clips, name the video.")]
pub struct Inspect {
    /// The clip's folder, or its cropped video.
    #[arg(value_name = "CLIPDIR")]
    clip: PathBuf,

    /// The video to write; NAME_inspect.mp4 in the current folder when left out.
    #[arg(long, short, value_name = "FILE.mp4")]
    output: Option<PathBuf>,

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
        let clip = ClipFolder::open(&self.clip).map_err(|error| explained(&error))?;
        let output = self.output.unwrap_or_else(|| format!("{}_inspect.mp4", name_of(&self.clip)).into());
        let _claim = OutputClaim::new(&output, [clip.video.as_path()])?;
        let inspection = inspect(&clip, &output).map_err(|error| explained(&error))?;
        warn(&inspection.warnings);
        let report = Report { output, inspection };
        if self.json {
            print_json(&report)?;
        } else if !shared.quiet {
            eprintln!("{}: {} frames", report.output.display(), report.inspection.frames);
        }
        Ok(())
    }
}

/// The folder's name, or the video's without its extension.
fn name_of(clip: &Path) -> String {
    let whole = clip.canonicalize().unwrap_or_else(|_| clip.to_owned());
    let name = if whole.is_dir() { whole.file_name() } else { whole.file_stem() };
    name.map_or_else(|| "clip".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn explained(error: &DatasetError) -> Failure {
    let usual =
        "give a clip folder as `talkinghead preprocess` makes them; one that was cut short can be made anew by running it again";
    Failure::new(error.to_string(), error.hint().unwrap_or_else(|| usual.to_owned()))
}
