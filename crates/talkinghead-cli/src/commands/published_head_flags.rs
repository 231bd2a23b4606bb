//! Flags of `motion` that let the paper's network move the head.

use std::path::{Path, PathBuf};

use clap::Args;
use talkinghead::{MotionTrack, Part, Selection};
use talkinghead_dataset::ClipFolder;
use talkinghead_media::{AudioReader, Limits};
use talkinghead_synthesis::BurnDevice;
use talkinghead_synthesis::weights::{Weights, read_weights};
use talkinghead_training::Compatibility;
use talkinghead_training::published::head_motion::{RotateAudio, SAMPLE_RATE, pose_track, predict_poses};
use talkinghead_training::published::{COMPATIBILITY_KEY, PublishedMotionError};

use super::train_published::CompatibilityFlag;
use crate::failure::Failure;

/// The paper's head motion instead of ours.
#[derive(Args, Debug)]
#[command(next_help_heading = "The paper's head motion")]
pub struct PublishedHeadFlags {
    /// Move the head as the paper's network does: weights of `talkinghead train head-motion --model published`, or the published
    /// checkpoint.
    #[arg(long, value_name = "FILE", requires_all = ["audio", "head_motion_past"])]
    head_motion_weights: Option<PathBuf>,

    /// The clip folder (of `talkinghead preprocess`) whose last poses and sound the network goes on from.
    #[arg(long, value_name = "CLIP", requires = "head_motion_weights")]
    head_motion_past: Option<PathBuf>,

    /// Whether the weights learned with the published program's defects; files of ours say it themselves [default: reference].
    #[arg(long, value_enum, value_name = "reference|right", hide_possible_values = true, requires = "head_motion_weights")]
    head_motion_compatibility: Option<CompatibilityFlag>,
}

impl PublishedHeadFlags {
    /// Gives the track the network's poses, if its weights were given.
    pub fn move_head(&self, audio: Option<&Path>, track: &mut MotionTrack, limits: &Limits) -> Result<(), Failure> {
        let (Some(weights), Some(past), Some(audio)) = (&self.head_motion_weights, &self.head_motion_past, audio) else {
            return Ok(());
        };
        let (dict, about) = read_weights(weights).map_err(talkinghead_synthesis::SynthesisError::from)?;
        let compatibility = match (self.head_motion_compatibility, about.get(COMPATIBILITY_KEY).map(String::as_str)) {
            (Some(flag), _) => flag.choice(),
            (None, Some("right")) => Compatibility::Right,
            (None, _) => Compatibility::Reference,
        };
        let device = BurnDevice::flex();
        let network = RotateAudio::new(Weights::Checkpoint(dict), &device)?;
        let clip = ClipFolder::open(past)?;
        let Some(past_audio) = &clip.audio else {
            let message = format!("{} has no sound", past.display());
            return Err(Failure::new(message, "give a clip folder of a video with sound"));
        };
        let (heard, speech) = (samples(past_audio, limits)?, samples(audio, limits)?);
        let poses = predict_poses(&network, (clip.poses.as_slice(), heard.as_slice()), &speech, compatibility, &device);
        let poses = poses.map_err(|error: PublishedMotionError| {
            let hint = error.hint().unwrap_or_else(|| "check the weights and the clip".into());
            Failure::new(error.to_string(), hint)
        })?;
        Ok(track.take(&pose_track(&poses, &clip.poses), &Selection::parts(&[Part::Pose]))?)
    }
}

fn samples(path: &Path, limits: &Limits) -> Result<Vec<f32>, Failure> {
    let mut samples = Vec::new();
    for block in AudioReader::open_at_rate(path, limits, SAMPLE_RATE)? {
        samples.extend(block?);
    }
    Ok(samples)
}
