//! One clip, scored, with the curves that plots need.

use super::pairs::Pair;
use super::worst_frames::WorstFrame;
use crate::lips::LipCurve;
use crate::measurement::MeasuredVideo;
use crate::pose::HeadCurve;
use crate::scores::ClipScores;

/// Curves of one video, 25 values a second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipCurves {
    /// Pose of the head.
    pub head: HeadCurve,
    /// Mouth.
    pub lips: LipCurve,
    /// Loudness of the sound, 0 to 1; empty where there is none.
    pub envelope: Vec<f32>,
}

impl ClipCurves {
    /// Those of a measured video.
    pub fn of(video: &MeasuredVideo) -> Self {
        let envelope = video.sound.as_ref().map(|sound| sound.envelope.clone()).unwrap_or_default();
        Self { head: video.head.clone(), lips: video.lips.clone(), envelope }
    }
}

/// A clip of an evaluation.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EvaluatedClip {
    /// What was held against what.
    #[serde(flatten)]
    pub pair: Pair,
    /// Frames of the generated video, at 25 frames/s.
    pub frames: usize,
    /// Frames without the face, which do not count.
    pub frames_without_face: usize,
    /// Frames that were compared: those of the shorter video; 0 without a real one.
    pub frames_compared: usize,
    /// Its metrics.
    #[serde(rename = "metrics", serialize_with = "values")]
    pub scores: ClipScores,
    /// What was not quite right, one sentence each.
    pub warnings: Vec<String>,
    /// Curves of the generated video.
    #[serde(skip)]
    pub curves: ClipCurves,
    /// Curves of the real one.
    #[serde(skip)]
    pub real_curves: Option<ClipCurves>,
    /// What Inception says of frames, for the list's Fréchet distance; empty where it was not supplied.
    #[serde(skip)]
    pub inception: Vec<Vec<f32>>,
    /// The same of the real video.
    #[serde(skip)]
    pub real_inception: Vec<Vec<f32>>,
    /// Frames to look at first.
    #[serde(skip)]
    pub worst: Vec<WorstFrame>,
}

fn values<S: serde::Serializer>(scores: &ClipScores, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(&scores.values)
}
