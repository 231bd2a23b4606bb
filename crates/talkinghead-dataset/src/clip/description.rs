//! What is written about a clip: `clip.json` in its folder, and the same in short in the manifest.

use serde::{Deserialize, Serialize};
use talkinghead_face::CropMode;

use super::settings::ClipSettings;
use crate::corpus::OfficialSplit;
use crate::quality::{Quality, SyncEstimate};
use crate::statistics::Statistics;

/// `clip.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipDescription {
    /// Always [`ClipDescription::FORMAT`].
    pub format: String,
    /// Unique name in the data set; also the folder under `clips/`.
    pub clip: String,
    /// The corpus.
    pub dataset: String,
    /// The video it comes from, relative to the corpus.
    pub source: String,
    /// SHA-256 of that video.
    pub source_sha256: String,
    /// First frame in the source, at 25 frames/s.
    pub first_frame: usize,
    /// Number of frames.
    pub frames: usize,
    /// Frames per second.
    pub frame_rate: u32,
    /// Who speaks, if the corpus says so.
    pub identity: Option<String>,
    /// The recording that the source was cut from.
    pub recording: Option<String>,
    /// Official part of the corpus.
    pub official_split: Option<OfficialSplit>,
    /// Acted emotion.
    pub emotion: Option<String>,
    /// What is said, as the corpus writes it.
    pub transcript: Option<String>,
    /// The frame whose head is turned least.
    pub key_frame: usize,
    /// Names of the files beside this one.
    pub files: ClipFiles,
    /// Where the face was cut out.
    pub crop: CropDescription,
    /// Sound and lips.
    pub sync: SyncDescription,
    /// Measured quality.
    pub quality: Quality,
    /// Head pose over the clip, degrees (signs: yaw positive = face turned towards the left edge of the picture, pitch
    /// positive = looking down, roll positive = clockwise).
    pub pose: PoseRange,
    /// Frames in which the face was not seen and the landmarks are filled in.
    pub interpolated_frames: Vec<usize>,
    /// Identity vector of the face, 128 numbers (mean over the clip).
    pub embedding: Vec<f32>,
    /// For finding copies: 64 bits of picture and 64 of sound, in hexadecimal.
    pub signature: String,
    /// Settings it was made with.
    pub settings: ClipSettings,
}

impl ClipDescription {
    /// Name and version of the format.
    pub const FORMAT: &str = "talkinghead-clip/1";

    /// Parses a `clip.json`.
    ///
    /// # Errors
    /// It does not parse, is of another format, or names files outside its folder.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let clip: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if clip.format != Self::FORMAT {
            return Err(format!("the format is `{}`, wanted `{}`", clip.format, Self::FORMAT));
        }
        let outside = |name: &&str| name.is_empty() || name.contains(['/', '\\']) || name.starts_with("..");
        if let Some(name) = clip.files.all().into_iter().find(outside) {
            return Err(format!("`{name}` is no file of the clip's folder"));
        }
        Ok(clip)
    }
}

/// The reference's file set (SPEC-data, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipFiles {
    /// Cropped video, 256x256, H.264.
    pub video: String,
    /// Posed landmarks, float32 `[frames, 68, 3]`: x right, y down, z towards the camera, pixels of the cropped video.
    pub landmarks: String,
    /// Rotation vector (radians) and translation (pixels) that carry each frame's landmarks into the standard frame, float64
    /// `[frames, 6]`.
    pub pose: String,
    /// Landmarks with the pose removed, float64 `[frames, 68, 3]`.
    pub front: String,
    /// The key frame's textured mesh in the pose of every frame, on black.
    pub animation: String,
    /// That mesh, y upwards, colours 0..1.
    pub mesh: String,
    /// Its 68 landmarks, float32 `[68, 3]`, y upwards.
    pub mesh_landmarks: String,
    /// The key frame.
    pub key_frame_picture: String,
    /// Sound, 16 kHz mono, 16 bit.
    pub audio: String,
}

impl ClipFiles {
    /// All names.
    pub fn all(&self) -> [&str; 9] {
        [
            &self.video,
            &self.landmarks,
            &self.pose,
            &self.front,
            &self.animation,
            &self.mesh,
            &self.mesh_landmarks,
            &self.key_frame_picture,
            &self.audio,
        ]
    }

    /// Names for number `stem` with VoxCeleb2's naming, which the reference's demo reads.
    pub fn named(stem: &str, key_frame: usize) -> Self {
        Self {
            video: format!("{stem}_aligned.mp4"),
            landmarks: format!("{stem}_aligned.npy"),
            pose: format!("{stem}_aligned_rt.npy"),
            front: format!("{stem}_aligned_front.npy"),
            animation: format!("{stem}_aligned_ani.mp4"),
            mesh: format!("{stem}_original.obj"),
            mesh_landmarks: format!("{stem}_prnet.npy"),
            key_frame_picture: format!("{stem}_{key_frame:05}.png"),
            audio: format!("{stem}.wav"),
        }
    }
}

/// The square that was cut out of the source, in source pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CropDescription {
    /// One square or a following one.
    pub mode: CropMode,
    /// Pixels of the square's side.
    pub side: u32,
    /// Top edge: one number, or one a frame.
    pub top: Vec<i64>,
    /// Left edge.
    pub left: Vec<i64>,
}

/// Sound and lips of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncDescription {
    /// What was found in the source.
    #[serde(flatten)]
    pub found: SyncEstimate,
    /// By how much the sound was moved to earlier times, milliseconds; 0 when it was not.
    pub moved_ms: f64,
}

/// Head pose over a clip, degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoseRange {
    /// Turn to the side.
    pub yaw: Statistics,
    /// Nod.
    pub pitch: Statistics,
    /// Tilt.
    pub roll: Statistics,
}
