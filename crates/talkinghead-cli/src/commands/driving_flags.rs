//! Flags of `generate` that drive with a file set instead of a recording.

use std::path::PathBuf;

use clap::Args;
use talkinghead::{ReenactedPicture, ReenactmentInputs};

use crate::failure::Failure;

/// Landmarks and poses as the published preprocessing writes them.
#[derive(Args, Debug)]
#[command(next_help_heading = "Driving without a recording (neural renderer)")]
pub struct DrivingFlags {
    /// Landmarks that drive, [frames, 68, 3].
    #[arg(long, value_name = "NPY", requires_all = ["driving_rotations", "front", "reference_landmarks", "weights"])]
    driving_landmarks: Option<PathBuf>,

    /// Their poses, [frames, 6]: rotation vector and translation.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    driving_rotations: Option<PathBuf>,

    /// The projected head of every frame; needed by networks that warp it.
    #[arg(long, value_name = "VIDEO", requires = "driving_landmarks")]
    projection: Option<PathBuf>,

    /// Landmarks of the reference clip without pose.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    front: Option<PathBuf>,

    /// Landmarks of the reference clip.
    #[arg(long, value_name = "NPY", requires = "driving_landmarks")]
    reference_landmarks: Option<PathBuf>,

    /// Write a row of pictures a frame: label, real frame (if the reference clip itself drives), result, result before
    /// composition, warped sources and their masks.
    #[arg(long, requires = "driving_landmarks")]
    comparison: bool,
}

impl DrivingFlags {
    /// Whether a file set drives.
    pub fn are_given(&self) -> bool {
        self.driving_landmarks.is_some()
    }

    /// What is written of each frame.
    pub fn picture(&self) -> ReenactedPicture {
        if self.comparison { ReenactedPicture::Comparison } else { ReenactedPicture::Result }
    }

    /// The file set that the flags describe.
    pub fn inputs(&self, references: &[PathBuf], audio: Option<PathBuf>) -> Result<ReenactmentInputs, Failure> {
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
