//! A clip with all that its items need, frames apart.

use std::path::Path;

use talkinghead_dataset::ClipFolder;
use talkinghead_dataset::geometry::{is_degenerate, key_frame};
use talkinghead_face::{FlatLandmarks68, Landmarks68, ReferencePose, flat_landmarks};

use super::{FrameStore, ItemError};

/// A clip to learn from.
#[derive(Debug, Clone)]
pub struct TrainingClip {
    /// Its name, for messages.
    pub name: String,
    /// Its cropped video.
    pub frames: FrameStore,
    /// Its projection video, frame by frame.
    pub projection: Option<FrameStore>,
    /// Landmarks of every frame, pixels of the video.
    landmarks: Vec<FlatLandmarks68>,
    /// Rotation vector (radians) and translation (pixels) of every frame.
    poses: Vec<[f64; 6]>,
    /// The key frame's landmarks without pose.
    front: Landmarks68,
    /// Frames with a face, in order.
    usable: Vec<usize>,
}

impl TrainingClip {
    /// Opens a clip folder, or one of several clips in a folder by its video. `cache`: where decoded frames are kept.
    ///
    /// # Errors
    /// Files are missing, damaged, or do not belong together.
    pub fn open(path: &Path, cache: Option<&Path>) -> Result<Self, ItemError> {
        let folder = ClipFolder::open(path)?;
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let described = folder.description.as_ref().map(|description| description.key_frame);
        let key = described.or_else(|| key_frame(&folder.poses)).unwrap_or(0);
        // Front landmarks of a clip of the published tools are not filtered: they have a face for the key frame at least.
        let front = folder.front.get(key).or(folder.front.first());
        let front = front.and_then(|points| <Landmarks68>::try_from(points.as_slice()).ok());
        let Some(front) = front else {
            let detail = "the front landmarks hold no face of 68 points".to_owned();
            return Err(talkinghead_dataset::DatasetError::Malformed { file: path.display().to_string(), detail }.into());
        };
        let finite = |frame: usize| {
            let numbers = folder.landmarks[frame].iter().flatten().chain(&folder.poses[frame]);
            numbers.into_iter().all(|value| value.is_finite())
        };
        let usable = (0..folder.landmarks.len()).filter(|&frame| finite(frame) && !is_degenerate(&folder.landmarks[frame]));
        let landmarks = |points: &Vec<[f64; 3]>| std::array::from_fn(|i| points.get(i).map_or([0.0; 2], |p| [p[0], p[1]]));
        Ok(Self {
            name,
            usable: usable.collect(),
            landmarks: folder.landmarks.iter().map(landmarks).collect(),
            poses: folder.poses,
            front,
            frames: FrameStore::new(&folder.video, cache)?,
            projection: folder.animation.map(|video| FrameStore::new(&video, cache)).transpose()?,
        })
    }

    /// Frames with a face, in order.
    pub fn usable(&self) -> &[usize] {
        &self.usable
    }

    /// Landmarks of a frame, pixels of the video.
    pub fn landmarks(&self, frame: usize) -> &FlatLandmarks68 {
        &self.landmarks[frame]
    }

    /// Pose of a frame: rotation vector (radians), translation (pixels).
    pub fn pose(&self, frame: usize) -> &[f64; 6] {
        &self.poses[frame]
    }

    /// Landmarks of the projection in a frame: the key frame's face, without expression, in the frame's pose.
    pub fn projection_landmarks(&self, frame: usize) -> FlatLandmarks68 {
        flat_landmarks(&ReferencePose::from_rt(self.poses[frame]).to_posed(&self.front))
    }
}
