//! Flags of `generate` that drive with a file set instead of a recording.

use std::path::PathBuf;

use clap::Args;
use talkinghead::{ReenactedPicture, ReenactmentInputs};

use crate::failure::Failure;

/// Landmarks and poses as the published preprocessing writes them.
#[derive(Args, Debug)]
#[command(next_help_heading = "Driving without a recording (neural renderer)")]
pub struct DrivingFlags {
    /// The published demo in one word: a folder with a clip's file set (N_aligned.mp4, N_aligned.npy and so on), which is reference and
    /// driver at once.
    #[arg(long, value_name = "FOLDER", requires = "weights", conflicts_with_all = ["driving_landmarks", "reference"])]
    demo: Option<PathBuf>,

    /// Which clip of the demo folder, where there are several: 00181 for 00181_aligned.mp4.
    #[arg(long, value_name = "N", requires = "demo")]
    clip: Option<String>,

    /// Frames of the reference clip that the network is shown, such as "0,10,20"; spread evenly when left out.
    #[arg(long, value_name = "FRAMES", value_delimiter = ',')]
    ref_img_id: Vec<usize>,

    /// Make only so many frames.
    #[arg(long, value_name = "N")]
    how_many: Option<usize>,

    /// Landmarks that drive, [frames, 68, 3].
    #[arg(long, value_name = "NPY", requires_all = ["driving_rotations", "front", "reference_landmarks", "weights"])]
    driving_landmarks: Option<PathBuf>,

    /// Their poses, [frames, 6]: rotation vector and translation.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    driving_rotations: Option<PathBuf>,

    /// The projected head of every frame; needed by networks that warp it.
    #[arg(long, value_name = "VIDEO")]
    projection: Option<PathBuf>,

    /// Landmarks of the reference clip without pose.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    front: Option<PathBuf>,

    /// Landmarks of the reference clip.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    reference_landmarks: Option<PathBuf>,

    /// Write a row of pictures a frame: label, real frame (if the reference clip itself drives), result, result before
    /// composition, warped sources and their masks.
    #[arg(long)]
    comparison: bool,
}

impl DrivingFlags {
    /// Whether a file set drives.
    pub fn are_given(&self) -> bool {
        self.driving_landmarks.is_some() || self.demo.is_some()
    }

    /// What only makes sense where a file set drives.
    pub fn check(&self) -> Result<(), Failure> {
        let said = [
            ("--ref-img-id", !self.ref_img_id.is_empty()),
            ("--how-many", self.how_many.is_some()),
            ("--comparison", self.comparison),
        ];
        match said.iter().find(|(_, said)| *said && !self.are_given()) {
            Some((flag, _)) => Err(Failure::new(
                format!("{flag} is for driving with a file set, and none is given"),
                "name one with --demo FOLDER, or with --driving-landmarks and its companions",
            )),
            None => Ok(()),
        }
    }

    /// Frames of the reference clip that are shots; empty: spread evenly.
    pub fn shots(&self) -> Vec<usize> {
        self.ref_img_id.clone()
    }

    /// Frames that are made.
    pub fn frames(&self) -> Option<usize> {
        self.how_many
    }

    /// What is written of each frame.
    pub fn picture(&self) -> ReenactedPicture {
        if self.comparison { ReenactedPicture::Comparison } else { ReenactedPicture::Result }
    }

    /// The file set that the flags describe.
    pub fn inputs(&self, references: &[PathBuf], audio: Option<PathBuf>) -> Result<ReenactmentInputs, Failure> {
        if let Some(folder) = &self.demo {
            let found = ReenactmentInputs::from_demo(folder, self.clip.as_deref())?;
            let projection = self.projection.clone().or(found.projection);
            return Ok(ReenactmentInputs { projection, audio: audio.or(found.audio), ..found });
        }
        let [reference] = references else {
            return Err(Failure::new(
                format!("{} references were given, but the landmarks belong to one clip", references.len()),
                "give the one clip that --reference-landmarks belongs to",
            ));
        };
        let (Some(landmarks), Some(rotations), Some(front), Some(reference_landmarks)) =
            (&self.driving_landmarks, &self.driving_rotations, &self.front, &self.reference_landmarks)
        else {
            return Err(Failure::new(
                "driving needs four arrays",
                "give --driving-landmarks, --driving-rotations, --front and --reference-landmarks",
            ));
        };
        Ok(ReenactmentInputs {
            landmarks: landmarks.clone(),
            rotations: rotations.clone(),
            projection: self.projection.clone(),
            front: front.clone(),
            reference: reference.clone(),
            reference_landmarks: reference_landmarks.clone(),
            audio,
        })
    }
}
