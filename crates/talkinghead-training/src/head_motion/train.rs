//! Takes recorded movement apart and puts it into a file.

use std::path::PathBuf;

use nalgebra::{DMatrix, DVector};
use talkinghead_motion::expression::{FloatWidth, TensorFile};
use talkinghead_motion::{RESPONSES, TAP_STEP, TAPS};

use super::equaliser::{FREE_SPEECH, equalise, gains, shares};
use super::error::HeadMotionTrainingError;
use super::recordings::{Recording, read};

/// What to learn from.
#[derive(Clone, Debug)]
pub struct HeadMotionTraining {
    /// Folder with clip folders, landmark arrays and motion tracks.
    pub data: PathBuf,
    /// Penalty on the weights of the response.
    pub penalty: f64,
}

impl HeadMotionTraining {
    /// The settings of the weights that ship.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), penalty: 3000.0 }
    }
}

/// What was learned.
#[derive(Clone, Debug)]
pub struct TrainedHeadMotion {
    /// The file.
    pub bytes: Vec<u8>,
    /// Stretches that taught.
    pub stretches: usize,
    /// Their seconds.
    pub seconds: f32,
    /// Correlation of yaw, pitch, roll (above 0.4 Hz), head speed and brows with their answer, in stretches that were left
    /// out (every fourth in turn).
    pub held_out: [f32; RESPONSES],
}

/// A stretch, standardised: the lips' speed, the movement, what is to be predicted.
struct Stretch {
    lips: Vec<f64>,
    angles: [Vec<f64>; 3],
    targets: [Vec<f64>; RESPONSES],
}

/// Learns from all recordings of a folder; the same recordings give the same bytes.
///
/// # Errors
/// Recordings cannot be read, or hold too little.
pub fn train_head_motion(training: &HeadMotionTraining) -> Result<TrainedHeadMotion, HeadMotionTrainingError> {
    let recordings = read(&training.data)?;
    let stretches: Vec<Stretch> = recordings.iter().map(Stretch::of).collect();
    let frames: usize = stretches.iter().map(|s| s.lips.len()).sum();
    let seconds = frames as f32 / 25.0;
    if seconds < 60.0 {
        return Err(HeadMotionTrainingError::TooLittle { path: training.data.clone(), seconds });
    }
    let all: Vec<&Stretch> = stretches.iter().collect();
    let weights = fit(&all, training.penalty)?;
    let bytes = pack(&stretches, &weights)?;
    let held_out = held_out(&stretches, training.penalty)?;
    Ok(TrainedHeadMotion { bytes, stretches: stretches.len(), seconds, held_out })
}

impl Stretch {
    fn of(recording: &Recording) -> Self {
        let angles = recording.angles.each_ref().map(|angle| smooth(angle, 0.8));
        let opening = standardised(&smooth(&without_pose(&recording.opening, &angles), 0.8));
        let speed: Vec<f64> = gradient(&opening).iter().map(|v| v.abs()).collect();
        let lips = standardised(&smooth(&speed, 2.0).iter().map(|v| (v + 0.05).ln()).collect::<Vec<_>>());
        let turning: Vec<Vec<f64>> = angles.iter().map(|angle| gradient(angle)).collect();
        let head_speed: Vec<f64> =
            (0..lips.len()).map(|k| (25.0 * turning.iter().map(|t| t[k] * t[k]).sum::<f64>().sqrt() + 0.5).ln()).collect();
        let head_speed = smooth(&head_speed, 3.0);
        let mean = head_speed.iter().sum::<f64>() / head_speed.len() as f64;
        let brow = standardised(&fast(&smooth(&without_pose(&recording.brow, &angles), 1.0)));
        let scaled = angles.each_ref().map(|angle| {
            let (middle, deviation) = (median(angle), deviation(angle).max(1e-6));
            angle.iter().map(|a| (a - middle) / deviation).collect::<Vec<f64>>()
        });
        let [yaw, pitch, roll] = scaled.each_ref().map(|angle| fast(angle));
        let targets = [yaw, pitch, roll, head_speed.iter().map(|s| s - mean).collect(), brow];
        Self { lips, angles: scaled, targets }
    }

    /// The lips around a frame, as the response hears a loudness envelope.
    fn heard(&self, at: usize) -> [f64; TAPS] {
        let reach = (TAPS * TAP_STEP / 2) as isize - 1;
        let last = self.lips.len() as isize - 1;
        std::array::from_fn(|tap| self.lips[(at as isize - reach + (tap * TAP_STEP) as isize).clamp(0, last) as usize])
    }

    fn answer(&self, weights: &[f64]) -> Vec<f64> {
        (0..self.lips.len()).map(|at| self.heard(at).iter().zip(weights).map(|(h, w)| h * w).sum()).collect()
    }
}

/// `[5][36]`: ridge regression.
fn fit(stretches: &[&Stretch], penalty: f64) -> Result<[Vec<f64>; RESPONSES], HeadMotionTrainingError> {
    let mut moments = DMatrix::<f64>::identity(TAPS, TAPS) * penalty;
    let mut cross = DMatrix::<f64>::zeros(TAPS, RESPONSES);
    for stretch in stretches {
        for at in 0..stretch.lips.len() {
            let heard = DVector::from_row_slice(&stretch.heard(at));
            moments.ger(1.0, &heard, &heard, 1.0);
            for (k, target) in stretch.targets.iter().enumerate() {
                cross.column_mut(k).axpy(target[at], &heard, 1.0);
            }
        }
    }
    let solution = moments.cholesky().ok_or(HeadMotionTrainingError::Singular)?.solve(&cross);
    Ok(std::array::from_fn(|k| solution.column(k).iter().copied().collect()))
}

/// Correlations in every fourth stretch, learned from the others; the mean of the four turns.
fn held_out(stretches: &[Stretch], penalty: f64) -> Result<[f32; RESPONSES], HeadMotionTrainingError> {
    let turns = stretches.len().min(4);
    let mut sums = [0.0; RESPONSES];
    if turns < 2 {
        return Ok(sums);
    }
    for turn in 0..turns {
        let (tested, taught): (Vec<_>, Vec<_>) = stretches.iter().enumerate().partition(|(k, _)| k % turns == turn);
        let weights = fit(&taught.into_iter().map(|(_, s)| s).collect::<Vec<_>>(), penalty)?;
        for (k, sum) in sums.iter_mut().enumerate() {
            let predicted: Vec<f64> = tested.iter().flat_map(|(_, s)| s.answer(&weights[k])).collect();
            let real: Vec<f64> = tested.iter().flat_map(|(_, s)| s.targets[k].iter().copied()).collect();
            *sum += (correlation(&predicted, &real) / turns as f64) as f32;
        }
    }
    Ok(sums)
}

/// The file: the response, and what it leaves of the movement.
fn pack(stretches: &[Stretch], weights: &[Vec<f64>; RESPONSES]) -> Result<Vec<u8>, HeadMotionTrainingError> {
    let gains: [[f64; 5]; 3] =
        std::array::from_fn(|axis| gains(shares(stretches.iter().map(|s| s.angles[axis].as_slice())), FREE_SPEECH[axis]));
    let mut residual: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::new());
    let (mut activity, mut lengths) = (Vec::new(), Vec::new());
    for stretch in stretches {
        for (axis, residual) in residual.iter_mut().enumerate() {
            let answer = stretch.answer(&weights[axis]);
            let left: Vec<f64> = stretch.angles[axis].iter().zip(answer).map(|(a, p)| a - p).collect();
            residual.extend(equalise(&left, &gains[axis]));
        }
        activity.extend(stretch.answer(&weights[3]));
        // Thousands and the rest: half-precision numbers hold integers up to 2048.
        lengths.extend([(stretch.lips.len() / 1000) as f32, (stretch.lips.len() % 1000) as f32]);
    }
    for curve in residual.iter_mut().chain([&mut activity]) {
        let scale = deviation(curve).max(1e-9);
        curve.iter_mut().for_each(|value| *value /= scale);
    }
    let frames = activity.len();
    let mut file = TensorFile::default();
    let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    file.insert("response.weight", &[RESPONSES, TAPS], single(&weights.concat()));
    let angles = (0..frames).flat_map(|k| residual.each_ref().map(|curve| curve[k] as f32)).collect();
    file.insert("residual.angles", &[frames, 3], angles);
    file.insert("residual.activity", &[frames], single(&activity));
    file.insert("residual.lengths", &[lengths.len() / 2, 2], lengths);
    file.to_bytes(FloatWidth::Half).map_err(|_| HeadMotionTrainingError::Singular)
}

/// What is left of a curve when everything that follows from the pose (to second order) is taken out.
fn without_pose(curve: &[f64], angles: &[Vec<f64>; 3]) -> Vec<f64> {
    let [yaw, pitch, roll] = angles.each_ref().map(|angle| standardised(angle));
    let row = |k: usize| {
        let (y, p, r) = (yaw[k], pitch[k], roll[k]);
        DVector::from_row_slice(&[1.0, y, p, r, y * y, p * p, r * r, y * p, p * r, y * r])
    };
    let mut moments = DMatrix::<f64>::identity(10, 10) * 1e-6;
    let mut cross = DVector::<f64>::zeros(10);
    for (k, value) in curve.iter().enumerate() {
        let row = row(k);
        moments.ger(1.0, &row, &row, 1.0);
        cross.axpy(*value, &row, 1.0);
    }
    match moments.cholesky() {
        Some(factor) => {
            let weights = factor.solve(&cross);
            curve.iter().enumerate().map(|(k, value)| value - row(k).dot(&weights)).collect()
        }
        None => curve.to_vec(),
    }
}

/// Movement above about 0.4 Hz.
fn fast(curve: &[f64]) -> Vec<f64> {
    curve.iter().zip(smooth(curve, 10.0)).map(|(value, slow)| value - slow).collect()
}

/// A Gaussian of so many frames; the ends are mirrored.
fn smooth(curve: &[f64], deviation: f64) -> Vec<f64> {
    let reach = (4.0 * deviation).round() as isize;
    let weights: Vec<f64> = (-reach..=reach).map(|k| (-0.5 * (k as f64 / deviation).powi(2)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let length = curve.len() as isize;
    let mirrored = |k: isize| {
        let k = k.rem_euclid(2 * length);
        curve[(if k < length { k } else { 2 * length - 1 - k }) as usize]
    };
    (0..length).map(|at| (-reach..=reach).zip(&weights).map(|(k, w)| w * mirrored(at + k)).sum::<f64>() / total).collect()
}

fn gradient(curve: &[f64]) -> Vec<f64> {
    let last = curve.len() - 1;
    let step = |k: usize| {
        let (before, after) = (k.saturating_sub(1), (k + 1).min(last));
        (curve[after] - curve[before]) / (after - before).max(1) as f64
    };
    (0..curve.len()).map(step).collect()
}

fn deviation(curve: &[f64]) -> f64 {
    let mean = curve.iter().sum::<f64>() / curve.len() as f64;
    (curve.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / curve.len() as f64).sqrt()
}

fn standardised(curve: &[f64]) -> Vec<f64> {
    let (mean, deviation) = (curve.iter().sum::<f64>() / curve.len() as f64, deviation(curve).max(1e-9));
    curve.iter().map(|v| (v - mean) / deviation).collect()
}

fn median(curve: &[f64]) -> f64 {
    let mut sorted = curve.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (standardised(a), standardised(b));
    a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use talkinghead_face::HeadPose;
    use talkinghead_motion::{HeadMaterial, MotionFrame, MotionTrack};

    /// Heads that are lowered 0.4 s after the lips have moved fast, and sway besides.
    fn tracks(folder: &std::path::Path) {
        for clip in 0..4_usize {
            let lively = |k: usize| (k as f32 * 0.021 + clip as f32).sin() + (k as f32 * 0.073).sin();
            let frames = (0..1000_usize)
                .map(|k| {
                    let mut frame = MotionFrame::default();
                    frame.expression.opening = 0.1 + 0.05 * (lively(k) * 0.8).exp() * (k as f32 * 1.7).sin();
                    let sway = (k as f32 * 0.013 + clip as f32).sin();
                    frame.head_pose = HeadPose {
                        yaw: 3.0 * sway + (k as f32 * 0.31).sin(),
                        pitch: sway + 2.0 * lively(k.saturating_sub(10)),
                        roll: (k as f32 * 0.017).cos(),
                        ..HeadPose::default()
                    };
                    frame
                })
                .collect();
            MotionTrack { frames, ..MotionTrack::default() }.write(&folder.join(format!("{clip}.json"))).unwrap();
        }
    }

    #[test]
    fn an_answer_is_found_and_the_rest_kept() {
        let folder = tempfile::tempdir().unwrap();
        tracks(folder.path());
        let trained = train_head_motion(&HeadMotionTraining::new(folder.path())).unwrap();
        assert_eq!((trained.stretches, trained.seconds), (4, 160.0));
        assert!(trained.held_out[1] > 0.5 && trained.held_out[0] < 0.3, "{:?}", trained.held_out);
        let file = TensorFile::from_bytes(&trained.bytes).unwrap();
        HeadMaterial::from_tensors(&file).unwrap();
        assert_eq!(trained.bytes, train_head_motion(&HeadMotionTraining::new(folder.path())).unwrap().bytes);
    }

    #[test]
    fn too_little_and_nonsense_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let train = || train_head_motion(&HeadMotionTraining::new(folder.path()));
        assert!(matches!(train(), Err(HeadMotionTrainingError::TooLittle { .. })));
        std::fs::write(folder.path().join("x.npy"), b"no array").unwrap();
        let error = train().unwrap_err();
        assert!(error.to_string().contains("x.npy"), "{error}");
        assert!(!error.hint().is_empty());
    }
}
