//! The motion track: the score of a performance, one value that carries everything that moves.

mod cutting;
mod editing;
mod fields;
mod file;
mod gain;
mod head_change;
mod keyframe_reading;
mod keyframes;
mod mending;
mod nodding;
mod reading;
#[cfg(test)]
pub(crate) mod sample;
mod selection;
mod smoothing;
mod stillness;
mod taking;
mod tempo;

use talkinghead_face::{FaceMotion, HeadPose};
use talkinghead_media::FRAME_RATE;

use crate::{Expression, ExpressionBasis, MotionError};

pub(crate) use editing::{blend, gaussian};
pub use fields::{FIELDS, Field};
pub(crate) use file::read_limited;
pub use file::{FORMAT_NAME, FORMAT_VERSION, MAX_TRACK_BYTES, MAX_TRACK_FRAMES};
pub(crate) use head_change::{CAMERA_DISTANCE, turned_about_neck};
pub use keyframes::{KEYFRAME_REACH, Keyframe, MAX_KEYFRAMES};
pub use mending::MendedTrack;
pub use selection::{Part, Selection};

/// One frame (1/25 s) of a performance.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct MotionFrame {
    /// Head pose relative to the reference picture's.
    pub head_pose: HeadPose,
    /// Lips, jaw and brows, relative to the relaxed face with closed lips.
    pub expression: Expression,
    /// How far the eyes are closed, 0 open to 1 shut: image-left eye, image-right eye.
    pub blink: [f32; 2],
    /// Shift of the gaze in eye widths, x right and y down, relative to the reference picture's.
    pub gaze: [f32; 2],
}

/// Where a track came from; written into the file for the reader, never needed to use the track.
#[derive(Clone, Debug, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackSource {
    /// Name of the recording that drove the lips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
    /// Name of the video that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<String>,
    /// How the head was moved: `audio`, `still` or `video`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_motion: Option<String>,
    /// Seed of everything random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Program and version that wrote the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Anything a person wants to note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A whole performance at 25 frames a second. An hour takes about 7 MB of memory.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MotionTrack {
    /// Where it came from.
    pub source: TrackSource,
    /// The frames, in order.
    pub frames: Vec<MotionFrame>,
}

impl MotionTrack {
    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Duration in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames.len() as f64 / f64::from(FRAME_RATE)
    }

    /// What frame `index` (held at the last one beyond the end) asks of a face.
    ///
    /// # Errors
    /// [`MotionError::Empty`] for a track without frames.
    pub fn to_face_motion(&self, index: usize) -> Result<FaceMotion, MotionError> {
        let last = self.frames.len().checked_sub(1).ok_or(MotionError::Empty)?;
        Ok(self.frames[index.min(last)].to_face_motion())
    }

    /// Rounds every number to the precision of the file, so that a track that was written and read again is the same.
    pub fn rounded(mut self) -> Self {
        for frame in &mut self.frames {
            for field in FIELDS {
                field.update(frame, |value| (value * 1e4).round() / 1e4);
            }
        }
        self
    }

    /// Checks every number against its range.
    ///
    /// # Errors
    /// [`MotionError::OutOfRange`] with the first frame and field that is wrong, [`MotionError::Empty`].
    pub fn validate(&self) -> Result<(), MotionError> {
        if self.frames.is_empty() {
            return Err(MotionError::Empty);
        }
        for (index, frame) in self.frames.iter().enumerate() {
            for field in FIELDS {
                for value in field.values(frame) {
                    field.check(index, f64::from(*value))?;
                }
            }
        }
        Ok(())
    }
}

impl MotionFrame {
    /// What this frame asks of a face.
    pub fn to_face_motion(&self) -> FaceMotion {
        let deformation = ExpressionBasis::get().decode(&self.expression);
        FaceMotion {
            head_pose: self.head_pose,
            displacement: deformation.displacement,
            lip_gaps: deformation.lip_gaps,
            blink: self.blink,
            gaze: self.gaze,
        }
    }
}
