//! What is usual for a person: the yardstick that expressions are measured with.

use std::collections::BTreeMap;

use talkinghead_face::MESH_POINTS;

use super::clip::Clip;

/// Standard deviation of the opening in speech over the population, in distances of the outer eye corners.
pub const POPULATION_OPENING: f32 = 0.052;
/// Standard deviation of the mouth's width, likewise.
pub const POPULATION_WIDTH: f32 = 0.036;
/// A person's amplitude counts fully only with many frames.
const AMPLITUDE_TRUST: f32 = 50.0;
/// Frames with more voice activity than this are speech.
pub const SPEECH: f32 = 0.5;

/// Statistics of one person over the frames in which they speak.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// Median and standard deviation of the opening, outer eye distances.
    pub opening: (f32, f32),
    /// Median and standard deviation of the width, outer eye distances.
    pub width: (f32, f32),
    /// How far this person moves, against the population's 1.
    pub amplitude: f32,
    /// `[468]` median face in speech, frontal centimetres.
    pub median: Vec<[f32; 3]>,
    /// `[468]` relaxed face with closed lips, frontal centimetres.
    pub neutral: Vec<[f32; 3]>,
}

/// Statistics of every person in the clips.
pub fn speakers(clips: &[Clip]) -> BTreeMap<String, Speaker> {
    let mut by_identity: BTreeMap<String, Vec<&Clip>> = BTreeMap::new();
    for clip in clips {
        by_identity.entry(clip.row.identity.clone()).or_default().push(clip);
    }
    by_identity.into_iter().map(|(identity, clips)| (identity, speaker(&clips))).collect()
}

fn speaker(clips: &[&Clip]) -> Speaker {
    let frames: Vec<(&Clip, usize)> = clips.iter().flat_map(|clip| (0..clip.frames()).map(move |f| (*clip, f))).collect();
    let mut speech: Vec<(&Clip, usize)> = frames.iter().copied().filter(|(clip, f)| clip.activity[*f] > SPEECH).collect();
    if speech.len() < 10 {
        speech.clone_from(&frames);
    }
    let values = |of: fn(&Clip, usize) -> f32| speech.iter().map(|(clip, f)| of(clip, *f)).collect::<Vec<f32>>();
    let opening = median_and_deviation(values(|clip, f| clip.opening[f]));
    let width = median_and_deviation(values(|clip, f| clip.width[f]));
    let count = speech.len() as f32;
    let amplitude = (opening.1 / POPULATION_OPENING).powf(count / (count + AMPLITUDE_TRUST));
    let least = quantile(frames.iter().map(|(clip, f)| clip.opening[*f]).collect(), 0.08);
    let closed = |(clip, f): &&(&Clip, usize)| clip.opening[*f] <= least;
    let mut resting: Vec<(&Clip, usize)> =
        frames.iter().filter(closed).filter(|(clip, f)| clip.activity[*f] < SPEECH).copied().collect();
    if resting.len() < 8 {
        resting = frames.iter().filter(closed).copied().collect();
    }
    Speaker { opening, width, amplitude, median: median_face(&speech), neutral: median_face(&resting) }
}

fn median_face(frames: &[(&Clip, usize)]) -> Vec<[f32; 3]> {
    let coordinate = |point: usize, k: usize| quantile(frames.iter().map(|(clip, f)| clip.frontal[*f][point][k]).collect(), 0.5);
    (0..MESH_POINTS).map(|point| std::array::from_fn(|k| coordinate(point, k))).collect()
}

fn median_and_deviation(values: Vec<f32>) -> (f32, f32) {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt();
    (quantile(values, 0.5), deviation.max(1e-4))
}

/// The value under which a share of the others lies; 0 for none.
pub fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() - 1) as f32 * share).round() as usize;
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics() {
        let values = vec![5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!([0.0, 0.5, 1.0].map(|share| quantile(values.clone(), share)), [1.0, 3.0, 5.0]);
        assert_eq!(quantile(Vec::new(), 0.5), 0.0);
        assert_eq!(median_and_deviation(vec![1.0, 3.0]).1, 1.0);
    }
}
