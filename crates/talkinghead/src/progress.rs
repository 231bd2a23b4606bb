//! Word of how far a job has come.

use std::sync::Arc;

/// What is being done. Stages may overlap: sound and references are looked at side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// References are read and their faces found.
    Reference,
    /// The recording is listened to.
    Speech,
    /// The head motion of a driving video is measured.
    HeadMotion,
    /// The performance is made: lips, head, eyes.
    Motion,
    /// The renderer gets ready for this face and this performance.
    Preparation,
    /// Frames are made and encoded.
    Rendering,
    /// The last frames are encoded and the sound is laid under.
    Encoding,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 7] =
        [Self::Reference, Self::Speech, Self::HeadMotion, Self::Motion, Self::Preparation, Self::Rendering, Self::Encoding];

    /// A word for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "looking at the reference",
            Self::Speech => "listening",
            Self::HeadMotion => "measuring head motion",
            Self::Motion => "planning the performance",
            Self::Preparation => "preparing the face",
            Self::Rendering => "rendering",
            Self::Encoding => "finishing the file",
        }
    }

    /// The name in reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Speech => "speech",
            Self::HeadMotion => "head_motion",
            Self::Motion => "motion",
            Self::Preparation => "preparation",
            Self::Rendering => "rendering",
            Self::Encoding => "encoding",
        }
    }
}

/// How far a stage has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// Frames done in it.
    pub done: usize,
    /// Frames to do, where that is known.
    pub total: Option<usize>,
}

/// Called now and then from any thread; must return quickly.
pub(crate) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;
