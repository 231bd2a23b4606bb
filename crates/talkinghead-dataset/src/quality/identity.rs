//! Who is seen in a clip, and whether it is one person throughout.

use talkinghead_face::IdentityEmbedding;

/// The clip's identity vector (mean), and how far its frames are from the most typical one; with four or more, the one
/// farthest frame does not count: a blink or a hand.
pub(crate) fn mean_embedding(found: &[IdentityEmbedding]) -> (Vec<f32>, f64) {
    let Some(length) = found.first().map(|one| one.values.len()) else { return (Vec::new(), 0.0) };
    let mean = (0..length).map(|i| found.iter().map(|one| one.values[i]).sum::<f32>() / found.len() as f32).collect();
    let distances = |one: &IdentityEmbedding| -> Vec<f64> { found.iter().map(|other| f64::from(one.distance(other))).collect() };
    let typical = found.iter().map(distances).min_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum::<f64>()));
    let mut spread = typical.unwrap_or_default();
    spread.sort_by(f64::total_cmp);
    if spread.len() >= 4 {
        spread.pop();
    }
    (mean, spread.last().copied().unwrap_or(0.0))
}
