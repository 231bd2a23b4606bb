//! How much each recording counts.

use std::collections::BTreeMap;

use super::clip::Clip;
use super::speaker::SPEECH;

/// Free speech teaches more than sentences of a fixed grammar.
const FREE_SPEECH: f32 = 3.0;
/// Nobody may make up more than this many sentences' worth at full weight; beyond, each counts 0.3.
const MANY_CLIPS: usize = 20;
const ONE_OF_MANY: f32 = 0.3;
/// Weight of frames without speech.
const SILENCE: f32 = 0.3;

/// A weight for each clip.
pub fn clip_weights(clips: &[Clip]) -> Vec<f32> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for clip in clips {
        *counts.entry(clip.row.identity.as_str()).or_default() += 1;
    }
    let weight = |clip: &Clip| {
        if clip.row.kind == "clip" {
            FREE_SPEECH
        } else if counts[clip.row.identity.as_str()] > MANY_CLIPS {
            ONE_OF_MANY
        } else {
            1.0
        }
    };
    clips.iter().map(weight).collect()
}

/// The weight of a frame by its voice activity.
pub fn frame_weight(activity: f32) -> f32 {
    if activity > SPEECH { 1.0 } else { SILENCE }
}
