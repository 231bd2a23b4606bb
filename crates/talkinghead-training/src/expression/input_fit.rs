//! Fits the reduction of speech features to the model's inputs.

use talkinghead_motion::expression::TensorFile;
use talkinghead_motion::expression::inputs::{GROUP_COMPONENTS, GROUP_NAMES, GROUP_VALUES};

use super::clip::Clip;
use super::linear_algebra::Moments;

/// Part of the strongest component's deviation that is added to each one's, so that noise is not blown up.
const DAMPING: f32 = 0.1;

/// Adds the tensors that `InputReduction::from_tensors` reads, fitted on all frames of the clips.
pub fn fit_inputs(clips: &[Clip], file: &mut TensorFile) {
    let heard = |g: usize| clips.iter().any(|clip| !clip.features[g].is_empty());
    for (g, name) in GROUP_NAMES.iter().enumerate().filter(|(g, _)| heard(*g)) {
        let mut moments = Moments::new(GROUP_VALUES[g]);
        for frame in clips.iter().flat_map(|clip| &clip.features[g]) {
            moments.add(frame, 1.0);
        }
        let found = moments.components(GROUP_COMPONENTS[g]);
        let largest = found.deviations.first().copied().unwrap_or(1.0);
        let rows = found.rows.iter().zip(&found.deviations);
        let scaled: Vec<f32> =
            rows.flat_map(|(row, deviation)| row.iter().map(move |v| v / (deviation + DAMPING * largest).max(1e-6))).collect();
        file.insert(&format!("inputs.{name}.mean"), &[GROUP_VALUES[g]], found.mean);
        file.insert(&format!("inputs.{name}.components"), &[GROUP_COMPONENTS[g], GROUP_VALUES[g]], scaled);
    }
}
