//! What the model is to learn: inputs and targets, frame for frame.

use std::collections::BTreeMap;

use talkinghead_motion::expression::inputs::InputReduction;
use talkinghead_motion::expression::network::OUTPUTS;

use super::basis_fit::FittedBasis;
use super::clip::Clip;
use super::speaker::Speaker;
use super::weighting::{clip_weights, frame_weight};

/// One clip as inputs, targets and weights.
#[derive(Clone, Debug)]
pub struct SpeechExample {
    /// `[frames][inputs]`.
    pub inputs: Vec<Vec<f32>>,
    /// `[frames]`: opening and width as z-scores of the speaker, eight shape components about the speaker's median.
    pub targets: Vec<[f32; OUTPUTS]>,
    /// `[frames]`.
    pub weights: Vec<f32>,
    /// How much the clip counts.
    pub clip_weight: f32,
}

/// The examples of all clips.
pub fn examples(
    clips: &[Clip],
    speakers: &BTreeMap<String, Speaker>,
    basis: &FittedBasis,
    reduction: &InputReduction,
) -> Vec<SpeechExample> {
    let example = |(clip, clip_weight): (&Clip, f32)| {
        let speaker = &speakers[&clip.row.identity];
        let target = |frame: usize| {
            let shape = basis.components(&clip.frontal[frame], &speaker.median, speaker.amplitude);
            let mut target = [0.0; OUTPUTS];
            target[0] = (clip.opening[frame] - speaker.opening.0) / speaker.opening.1;
            target[1] = (clip.width[frame] - speaker.width.0) / speaker.width.1;
            target[2..].copy_from_slice(&shape);
            target
        };
        SpeechExample {
            inputs: inputs(clip, reduction),
            targets: (0..clip.frames()).map(target).collect(),
            weights: clip.activity.iter().map(|&a| frame_weight(a)).collect(),
            clip_weight,
        }
    };
    clips.iter().zip(clip_weights(clips)).map(example).collect()
}

/// The model's inputs for a clip.
pub fn inputs(clip: &Clip, reduction: &InputReduction) -> Vec<Vec<f32>> {
    (0..clip.frames()).map(|frame| reduction.reduce(clip.groups(frame))).collect()
}
