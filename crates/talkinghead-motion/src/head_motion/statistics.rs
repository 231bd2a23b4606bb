//! Generated heads have the statistics of real ones.

use super::*;
use crate::Accent;
use crate::track::gaussian;

/// A recording with sentences of 2 to 5 seconds, pauses of 0.3 to 1.5 seconds and syllables in between.
fn speech(frames: usize, seed: u64) -> SpeechRhythm {
    let mut noise = Noise::new(seed, Purpose::Gaze);
    let mut levels = Vec::new();
    while levels.len() < frames {
        for k in 0..noise.uniform(50.0, 125.0) as usize {
            levels.push(-2.5 + 0.8 * (k as f32 * 1.0).sin() + 0.4 * noise.normal());
        }
        for _ in 0..noise.uniform(7.0, 38.0) as usize {
            levels.push(-8.0);
        }
    }
    levels.truncate(frames);
    SpeechRhythm::from_curves(&levels, &[])
}

fn angles_of(poses: &[HeadPose]) -> Angles {
    [poses.iter().map(|p| p.yaw).collect(), poses.iter().map(|p| p.pitch).collect(), poses.iter().map(|p| p.roll).collect()]
}

fn steps(angle: &[f32]) -> Vec<f32> {
    angle.windows(2).map(|w| w[1] - w[0]).collect()
}

fn kurtosis(values: &[f32]) -> f32 {
    let (mean, deviation) = mean_and_deviation(values);
    let fourth: f64 = values.iter().map(|v| f64::from((v - mean) / deviation).powi(4)).sum();
    (fourth / values.len() as f64) as f32
}

fn autocorrelation(values: &[f32], lag: usize) -> f32 {
    let (mean, deviation) = mean_and_deviation(values);
    let products: f64 = values.windows(lag + 1).map(|w| f64::from((w[0] - mean) * (w[lag] - mean))).sum();
    (products / (values.len() - lag) as f64) as f32 / deviation.powi(2)
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

#[test]
fn every_clip_moves_enough_and_none_too_much() {
    for (seconds, seeds) in [(2, 60), (3, 60), (8, 60), (20, 40), (60, 20)] {
        for seed in 0..seeds {
            let rhythm = if seed % 7 == 3 { SpeechRhythm::silence(seconds * 25) } else { speech(seconds * 25, seed) };
            let poses = HeadMotionModel::default().generate(&rhythm, seed);
            assert_eq!(poses[0], HeadPose::default(), "starts from the reference's pose");
            assert!(poses[1].yaw.abs() < 0.3 && poses[1].pitch.abs() < 0.3, "starts at rest");
            for (axis, angle) in angles_of(&poses).iter().enumerate() {
                let (_, deviation) = mean_and_deviation(angle);
                assert!((0.6..7.0).contains(&deviation), "{seconds} s, seed {seed}, axis {axis}: {deviation}");
                let largest = steps(angle).iter().fold(0.0_f32, |most, s| most.max(s.abs()));
                assert!(largest <= 1.25 * 1.7, "{seconds} s, seed {seed}, axis {axis}: step {largest}");
                assert!(angle.iter().all(|a| a.abs() <= 12.5));
            }
        }
    }
}

#[test]
fn speed_smoothness_and_bursts_are_those_of_real_heads() {
    let mut speed = [Vec::new(), Vec::new(), Vec::new()];
    let mut bursts = [Vec::new(), Vec::new(), Vec::new()];
    let mut smooth = [Vec::new(), Vec::new(), Vec::new()];
    for seed in 0..60 {
        let poses = HeadMotionModel::default().generate(&speech(200, seed), seed);
        for (axis, angle) in angles_of(&poses).iter().enumerate() {
            let steps = steps(angle);
            let (_, deviation) = mean_and_deviation(angle);
            let mean = steps.iter().map(|s| s.abs()).sum::<f32>() / steps.len() as f32 * 25.0;
            speed[axis].push(mean / deviation);
            bursts[axis].push(kurtosis(&steps));
            smooth[axis].push(autocorrelation(angle, 5));
        }
    }
    let (speed, bursts, smooth) = (speed.map(median), bursts.map(median), smooth.map(median));
    println!("speed/s.d. {speed:?} (real 3.6 3.8 2.7), kurtosis {bursts:?}, autocorrelation at 0.2 s {smooth:?}");
    for axis in 0..3 {
        assert!((1.9..4.4).contains(&speed[axis]), "speed/s.d. {speed:?}");
        assert!((3.1..7.0).contains(&bursts[axis]), "kurtosis {bursts:?}");
        assert!((0.6..0.9).contains(&smooth[axis]), "autocorrelation {smooth:?}");
    }
}

#[test]
fn pauses_are_calmer_than_speech() {
    let (mut speaking, mut pausing) = (Vec::new(), Vec::new());
    for seed in 0..20 {
        let rhythm = speech(1500, seed);
        let poses = HeadMotionModel::default().generate(&rhythm, seed);
        for (k, step) in steps(&angles_of(&poses)[0]).iter().enumerate() {
            // Heads move ahead of the voice by five frames.
            match rhythm.calm[(k + 5).min(1499)] {
                calm if calm > 0.9 => pausing.push(step.abs()),
                calm if calm < 0.1 => speaking.push(step.abs()),
                _ => {}
            }
        }
    }
    let ratio = mean_and_deviation(&pausing).0 / mean_and_deviation(&speaking).0;
    assert!((0.25..0.6).contains(&ratio), "speed in long pauses over speed in speech: {ratio}");
}

#[test]
fn an_hour_does_not_drift_and_keeps_its_slowest_movement_slow() {
    let poses = HeadMotionModel::default().generate(&speech(90_000, 1), 1);
    for angle in angles_of(&poses) {
        let (mean, deviation) = mean_and_deviation(&angle);
        assert!(mean.abs() < 0.6, "mean over an hour {mean}");
        for minutes in angle.chunks(7500) {
            let (mean, spread) = mean_and_deviation(minutes);
            assert!(mean.abs() < 1.0, "mean over five minutes {mean}");
            assert!((0.6..1.6).contains(&(spread / deviation)), "spread over five minutes {spread} of {deviation}");
        }
        let fast: Vec<f32> = angle.iter().zip(gaussian(&angle, 2.0)).map(|(a, s)| a - s).collect();
        assert!(mean_and_deviation(&fast).1 < 0.3 * deviation, "little power above 2 Hz");
    }
}

#[test]
fn a_still_head_lives_within_a_third_of_a_degree() {
    for seed in 0..20 {
        let poses = HeadMotionModel::still().generate(&speech(500, seed), seed);
        for angle in angles_of(&poses) {
            let (_, deviation) = mean_and_deviation(&angle);
            assert!((0.02..0.2).contains(&deviation), "{deviation}");
        }
    }
}

#[test]
fn accents_raise_the_head_before_and_lower_it_after() {
    let mut rhythm = speech(1500, 3);
    rhythm.accents.clear();
    let plain = HeadMotionModel::default().generate(&rhythm, 3);
    rhythm.accents = (1..30).map(|k| Accent { frame: k * 50, strength: 1.0 }).collect();
    let nodding = HeadMotionModel::default().generate(&rhythm, 3);
    let mean = |offset: isize| {
        let sum: f32 = (1..29).map(|k| (k * 50_isize + offset) as usize).map(|at| nodding[at].pitch - plain[at].pitch).sum();
        sum / 28.0
    };
    assert!(mean(-3) < -0.15 && mean(12) > 0.1, "{} {}", mean(-3), mean(12));
}

/// Mean correlation of yaw, pitch and roll over pairs of heads, as far as the shorter goes.
fn unison(heads: &[Vec<HeadPose>]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    let mut pairs = 0.0;
    for (k, a) in heads.iter().enumerate() {
        for b in &heads[..k] {
            let (a, b) = (angles_of(a), angles_of(b));
            for axis in 0..3 {
                let length = a[axis].len().min(b[axis].len());
                let (x, y) = (standardised(&a[axis][..length]), standardised(&b[axis][..length]));
                sums[axis] += x.iter().zip(&y).map(|(x, y)| x * y).sum::<f32>() / length as f32;
            }
            pairs += 1.0;
        }
    }
    sums.map(|sum| sum / pairs)
}

#[test]
fn a_batch_does_not_sway_in_unison() {
    let heads = |rhythm: &dyn Fn(u64) -> SpeechRhythm, seed: &dyn Fn(u64) -> u64| -> Vec<Vec<HeadPose>> {
        (0..16).map(|k| HeadMotionModel::default().generate(&rhythm(k), seed(k))).collect()
    };
    // Sixteen recordings of five seconds, one seed; one recording, sixteen seeds (what answers the voice is shared).
    let recordings = unison(&heads(&|k| speech(125, 100 + k), &|_| 0));
    assert!(recordings.iter().all(|r| r.abs() < 0.12), "{recordings:?}");
    let seeds = unison(&heads(&|_| speech(125, 100), &|k| k));
    assert!(seeds.iter().all(|r| r.abs() < 0.35), "{seeds:?}");
}

#[test]
fn the_head_answers_the_voice() {
    // Loudness, as the response hears it, against the generated pitch above 0.4 Hz; another recording says nothing.
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for seed in 0..24 {
        let rhythm = speech(500, seed);
        let pitch = angles_of(&HeadMotionModel::default().generate(&rhythm, seed))[1].clone();
        let fast: Vec<f32> = pitch.iter().zip(gaussian(&pitch, 10.0)).map(|(a, s)| a - s).collect();
        let against = |rhythm: &SpeechRhythm| {
            let [_, answer, ..] = HeadMaterial::get().respond(&rhythm.loudness);
            let (x, y) = (standardised(&fast), standardised(&answer));
            x.iter().zip(&y).map(|(x, y)| x * y).sum::<f32>() / 500.0
        };
        own.push(against(&rhythm));
        other.push(against(&speech(500, seed + 50)));
    }
    let (own, other) = (mean_and_deviation(&own).0, mean_and_deviation(&other).0);
    assert!(own > 0.25 && other.abs() < 0.08, "own {own}, another's {other}");
}

#[test]
fn same_seed_same_bytes() {
    let rhythm = speech(300, 0);
    let model = HeadMotionModel::default();
    assert_eq!(model.generate(&rhythm, 9), model.generate(&rhythm, 9));
    assert_ne!(model.generate(&rhythm, 9), model.generate(&rhythm, 10));
    assert!(model.generate(&SpeechRhythm::default(), 9).is_empty());
}
