//! How well predicted mouths follow real ones, on curves.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_media::FRAME_RATE;
use talkinghead_motion::ExpressionModel;
use talkinghead_motion::expression::{Expression, ExpressionSettings};

use super::clip::Clip;
use super::speaker::quantile;

/// A correlation, its mean over clips with a 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Score {
    /// Mean over clips.
    pub mean: f32,
    /// 95 % of resampled means lie between these.
    pub interval: (f32, f32),
}

/// Scores of one set of clips. Correlations are per clip, at zero lag, at 25 frames/s.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct SetScores {
    /// Name of the set.
    pub name: String,
    /// Clips in it.
    pub clips: usize,
    /// Opening of the final expression (closures, pauses and all) against the real opening.
    pub opening: Score,
    /// Opening after the mean curve of read training sentences is regressed out of both; none where there are no such sentences.
    pub opening_residual: Option<Score>,
    /// Width of the final expression against the real one.
    pub width: Score,
    /// Opening predicted from the next clip's sound; none for a single clip.
    pub opening_wrong_audio: Option<Score>,
    /// Share of p, b, m at which the opening is in the lowest fifth of its range within 40 ms of 40 ms before the peak.
    pub closures: f32,
    /// The same on the real mouth.
    pub closures_real: f32,
    /// Events counted.
    pub labials: usize,
    /// Share of clips whose best lag (of 8 frames either way) is within one frame.
    pub lag_within_one: f32,
    /// Standard deviation of the predicted opening over the real one, median over clips.
    pub amplitude: f32,
}

/// Scores a set of clips. `mean_curve`: mean opening, frame by frame, of read sentences, or nothing.
pub fn score_set(name: &str, clips: &[&Clip], model: &ExpressionModel, mean_curve: &[f32], hearing: Hearing) -> SetScores {
    let predicted: Vec<Vec<Expression>> = clips.iter().map(|clip| predict(clip, model, hearing)).collect();
    let opening = |i: usize| predicted[i].iter().map(|e| e.opening).collect::<Vec<f32>>();
    let all = 0..clips.len();
    let score = |of: &dyn Fn(usize) -> f32| summary(&all.clone().map(of).collect::<Vec<f32>>());
    let (mut hits, mut real_hits, mut labials) = (0, 0, 0);
    for i in all.clone() {
        for labial in &clips[i].labials {
            let target = ((labial.time - 1.0 / FRAME_RATE as f32) * FRAME_RATE as f32).round() as usize;
            labials += 1;
            hits += usize::from(closes(&opening(i), target));
            real_hits += usize::from(closes(&clips[i].opening, target));
        }
    }
    let share = |count: usize, of: usize| count as f32 / of.max(1) as f32;
    SetScores {
        name: name.to_owned(),
        clips: clips.len(),
        opening: score(&|i| correlation(&opening(i), &clips[i].opening)),
        opening_residual: (!mean_curve.is_empty())
            .then(|| score(&|i| correlation(&without(&opening(i), mean_curve), &without(&clips[i].opening, mean_curve)))),
        width: score(&|i| correlation(&predicted[i].iter().map(|e| e.width).collect::<Vec<f32>>(), &clips[i].width)),
        opening_wrong_audio: (clips.len() > 1)
            .then(|| score(&|i| correlation(&opening((i + 1) % clips.len()), &clips[i].opening))),
        closures: share(hits, labials),
        closures_real: share(real_hits, labials),
        labials,
        lag_within_one: share(all.clone().filter(|&i| best_lag(&opening(i), &clips[i].opening).abs() <= 1).count(), clips.len()),
        amplitude: quantile(all.map(|i| deviation(&opening(i)) / 1.4 / deviation(&clips[i].opening).max(1e-4)).collect(), 0.5),
    }
}

/// Mean opening of clips, frame by frame, as far as the shortest goes.
pub fn mean_opening(clips: &[&Clip]) -> Vec<f32> {
    let frames = clips.iter().map(|clip| clip.frames()).min().unwrap_or(0);
    (0..frames).map(|f| clips.iter().map(|clip| clip.opening[f]).sum::<f32>() / clips.len() as f32).collect()
}

/// Whether a model hears a whole recording or a live stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Pauses are known before they come.
    Whole,
    /// Nothing is known beyond the look-ahead.
    Live,
}

/// What the model makes of a clip's sound.
pub fn predict(clip: &Clip, model: &ExpressionModel, hearing: Hearing) -> Vec<Expression> {
    let settings = ExpressionSettings::default();
    let mut stream = match hearing {
        Hearing::Whole => model.stream(settings),
        Hearing::Live => model.live_stream(settings),
    };
    let mut expressions = Vec::with_capacity(clip.frames());
    for f in 0..clip.frames() {
        stream.push_features(clip.groups(f), clip.closure[f], clip.activity[f], &mut expressions);
    }
    stream.finish(&mut expressions);
    expressions
}

fn closes(opening: &[f32], target: usize) -> bool {
    let (low, high) = (quantile(opening.to_vec(), 0.0), quantile(opening.to_vec(), 1.0));
    let around = target.saturating_sub(1)..(target + 2).min(opening.len());
    opening.get(around).is_some_and(|around| around.iter().any(|o| *o <= low + 0.2 * (high - low)))
}

fn deviation(values: &[f32]) -> f32 {
    let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len().max(1) as f32).sqrt()
}

/// Pearson correlation over the frames both have; 0 where one does not vary.
pub fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mean = |v: &[f32]| v.iter().sum::<f32>() / n.max(1) as f32;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma).powi(2);
        bb += (y - mb).powi(2);
    }
    ab / (f32::sqrt(aa * bb) + 1e-9)
}

fn without(values: &[f32], curve: &[f32]) -> Vec<f32> {
    let n = values.len().min(curve.len());
    let (values, curve) = (&values[..n], &curve[..n]);
    let mean = |v: &[f32]| v.iter().sum::<f32>() / n.max(1) as f32;
    let (mv, mc) = (mean(values), mean(curve));
    let shared: f32 = values.iter().zip(curve).map(|(v, c)| (v - mv) * (c - mc)).sum();
    let own: f32 = curve.iter().map(|c| (c - mc).powi(2)).sum();
    values.iter().zip(curve).map(|(v, c)| v - c * shared / own.max(1e-9)).collect()
}

fn best_lag(a: &[f32], b: &[f32]) -> isize {
    let n = a.len().min(b.len());
    let at = |lag: isize| {
        let k = lag.unsigned_abs();
        if lag >= 0 { correlation(&a[k..n], &b[..n - k]) } else { correlation(&a[..n - k], &b[k..n]) }
    };
    (-8..=8).filter(|lag: &isize| lag.unsigned_abs() + 10 < n).max_by(|&x, &y| at(x).total_cmp(&at(y))).unwrap_or(0)
}

fn summary(values: &[f32]) -> Score {
    const DRAWS: usize = 1000;
    let count = values.len().max(1) as f32;
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let draws: Vec<f32> =
        (0..DRAWS).map(|_| values.iter().map(|_| values[random.random_range(0..values.len())]).sum::<f32>() / count).collect();
    Score { mean: values.iter().sum::<f32>() / count, interval: (quantile(draws.clone(), 0.025), quantile(draws, 0.975)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(frames: usize, shift: f32) -> Vec<f32> {
        (0..frames).map(|t| ((t as f32 - shift) * 0.4).sin() + 1.0).collect()
    }

    #[test]
    fn a_curve_matches_itself_and_its_lag_is_found() {
        assert!((correlation(&wave(90, 0.0), &wave(90, 0.0)) - 1.0).abs() < 1e-4);
        assert_eq!(correlation(&wave(90, 0.0), &[1.0; 90]), 0.0);
        assert_eq!(best_lag(&wave(90, 2.0), &wave(90, 0.0)), 2);
    }

    #[test]
    fn what_only_follows_the_mean_curve_has_no_residual() {
        let curve = wave(75, 0.0);
        let scaled: Vec<f32> = curve.iter().map(|c| 3.0 * c + 1.0).collect();
        assert!(deviation(&without(&scaled, &curve)) < 1e-4);
    }

    #[test]
    fn a_closure_is_the_lowest_fifth() {
        let opening = [1.0, 1.0, 0.1, 1.0, 1.0, 1.0, 0.0];
        assert!(closes(&opening, 2) && closes(&opening, 1) && !closes(&opening, 4));
    }
}
