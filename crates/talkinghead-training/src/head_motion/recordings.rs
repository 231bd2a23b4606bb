//! Heads that were recorded: from clip folders of `preprocess`, landmark arrays and motion tracks.

use std::path::{Path, PathBuf};

use talkinghead_face::{FlatLandmarks68, IBUG_POINTS};
use talkinghead_formats::NpyArray;
use talkinghead_motion::MotionTrack;

use super::error::HeadMotionTrainingError;
use super::landmark_pose::{LandmarkPose, standard_points};

/// Shortest stretch that teaches, in frames.
pub const LEAST_FRAMES: usize = 150;

/// A stretch of continuous recording, 25 frames a second.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Yaw, pitch, roll in degrees.
    pub angles: [Vec<f64>; 3],
    /// Gap between the lips in eye distances.
    pub opening: Vec<f64>,
    /// Height of the brows over the eyes in eye distances.
    pub brow: Vec<f64>,
}

impl Recording {
    /// From 68 landmarks a frame; none when a frame's cannot be placed.
    pub fn of_landmarks(frames: &[FlatLandmarks68]) -> Option<Self> {
        let standard = standard_points();
        let mut recording = Self { angles: [Vec::new(), Vec::new(), Vec::new()], opening: Vec::new(), brow: Vec::new() };
        for face in frames {
            let pose = LandmarkPose::fit(face, &standard)?;
            for (curve, angle) in recording.angles.iter_mut().zip(pose.angles) {
                curve.push(angle);
            }
            let height =
                |points: std::ops::Range<usize>| -> f64 { points.clone().map(|k| face[k][1]).sum::<f64>() / points.len() as f64 };
            let gap = [face[62][0] - face[66][0], face[62][1] - face[66][1]];
            recording.opening.push(gap[0].hypot(gap[1]) / pose.scale);
            recording.brow.push((height(36..48) - height(17..27)) / pose.scale);
        }
        Some(recording)
    }

    /// From a track that was measured on a video.
    pub fn of_track(track: &MotionTrack) -> Self {
        let curve =
            |value: fn(&talkinghead_motion::MotionFrame) -> f32| track.frames.iter().map(|f| f64::from(value(f))).collect();
        Self {
            angles: [curve(|f| f.head_pose.yaw), curve(|f| f.head_pose.pitch), curve(|f| f.head_pose.roll)],
            opening: curve(|f| f.expression.opening),
            brow: curve(|f| f.expression.brow),
        }
    }

    /// Frames.
    pub fn len(&self) -> usize {
        self.opening.len()
    }
}

/// All recordings of a folder and the folders in it, in the order of their paths; shorter ones than [`LEAST_FRAMES`] are
/// left out.
///
/// # Errors
/// A folder cannot be listed, a file is neither landmarks nor a track.
pub fn read(folder: &Path) -> Result<Vec<Recording>, HeadMotionTrainingError> {
    let mut files = Vec::new();
    list(folder, &mut files)?;
    files.sort();
    let mut recordings = Vec::new();
    for path in files {
        let wrong = |detail: String| HeadMotionTrainingError::Recording { path: path.clone(), detail };
        let recording = if path.extension().is_some_and(|e| e == "json") {
            Recording::of_track(&MotionTrack::read(&path).map_err(|error| wrong(error.to_string()))?)
        } else {
            let array = NpyArray::read(&path).map_err(|error| wrong(error.to_string()))?;
            let frames =
                faces(&array).ok_or_else(|| wrong(format!("68 landmarks a frame are wanted, found {:?}", array.shape)))?;
            Recording::of_landmarks(&frames).ok_or_else(|| wrong("a frame's landmarks are not a face".into()))?
        };
        if recording.len() >= LEAST_FRAMES {
            recordings.push(recording);
        }
    }
    Ok(recordings)
}

/// Landmarks of a clip folder (`N_aligned.npy`; its other arrays are poses and frontal landmarks), arrays elsewhere, and
/// motion tracks.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), HeadMotionTrainingError> {
    let failed = |source| HeadMotionTrainingError::File { path: folder.to_path_buf(), source };
    let mut entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let clip = entries.iter().any(|entry| entry.file_name() == "clip.json");
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            list(&path, files)?;
        } else if (clip && name.ends_with("_aligned.npy")) || (!clip && (name.ends_with(".npy") || name.ends_with(".json"))) {
            files.push(path);
        }
    }
    Ok(())
}

fn faces(array: &NpyArray) -> Option<Vec<FlatLandmarks68>> {
    let width = match array.shape[..] {
        [_, IBUG_POINTS, width @ (2 | 3)] => width,
        _ => return None,
    };
    let face = |values: &[f64]| std::array::from_fn(|k| [values[k * width], values[k * width + 1]]);
    Some(array.values.chunks_exact(IBUG_POINTS * width).map(face).collect())
}
