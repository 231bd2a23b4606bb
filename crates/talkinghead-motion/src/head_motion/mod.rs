//! Head movement: made from nothing but the rhythm of speech, or taken from a measured head.
//!
//! Recipe: noise with the power spectrum of real heads, its fast part livelier where there is speech, a nod at accents,
//! everything turning about the neck. The angles of a real head cannot be predicted from sound; its liveliness can.

mod limits;
mod measured;
mod neck;
mod nods;
mod spectrum;
#[cfg(test)]
mod statistics;

pub use measured::MeasuredHead;

use talkinghead_media::FRAME_RATE;

use nalgebra::{Matrix3, SymmetricEigen, Vector3};
use talkinghead_face::HeadPose;

use crate::SpeechRhythm;
use crate::random::{Noise, Purpose};
use crate::rhythm::mean_and_deviation;
use limits::{ease_in, limit_angles, limit_steps};
use spectrum::{Band, Spectrum};

/// One of yaw, pitch, roll over time, in degrees.
pub(crate) type Angle = Vec<f32>;

/// The three angles over time, in degrees.
pub(crate) type Angles = [Angle; 3];

/// How lively a generated head is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadMotionModel {
    /// Median standard deviations of yaw, pitch, roll over a clip, degrees.
    pub deviation: [f32; 3],
    /// Standard deviation of the natural log of one liveliness factor drawn for the whole clip.
    pub liveliness_spread: f32,
    /// The same for each angle by itself.
    pub angle_spread: f32,
    /// Bounds of the drawn standard deviations relative to the median: what looks right on one picture.
    pub bounds: (f32, f32),
    /// Degrees by which the head rises before a strong accent.
    pub nod: f32,
    /// How fast the slow movement goes on in long pauses, relative to speech.
    pub pause_speed: f32,
}

impl Default for HeadMotionModel {
    /// The statistics of people who speak freely to a camera.
    fn default() -> Self {
        Self {
            deviation: [2.9, 2.7, 2.0],
            liveliness_spread: 0.55,
            angle_spread: 0.25,
            bounds: (0.7, 1.3),
            nod: 0.7,
            pause_speed: 0.4,
        }
    }
}

impl HeadMotionModel {
    /// A head that is held still but lives: standard deviations of about 0.1 degrees.
    pub fn still() -> Self {
        Self {
            deviation: [0.10, 0.11, 0.06],
            liveliness_spread: 0.0,
            angle_spread: 0.0,
            bounds: (0.8, 1.2),
            nod: 0.0,
            pause_speed: 0.8,
        }
    }

    /// Head poses for a recording, one a frame; the first is the reference's own pose.
    pub fn generate(&self, rhythm: &SpeechRhythm, seed: u64) -> Vec<HeadPose> {
        let count = rhythm.len();
        if count == 0 {
            return Vec::new();
        }
        let mut noise = Noise::new(seed, Purpose::HeadMotion);
        let wanted = self.drawn_deviations(&mut noise, count);
        let mixing = mixing_matrix(&mut noise);
        let speed: Vec<f32> = rhythm.calm.iter().map(|calm| 1.0 + (self.pause_speed - 1.0) * calm).collect();
        let slow = mix(&mixing, spectrum::angles(&Spectrum::REAL_HEADS, Band::Slow, count, &mut noise));
        let fast = mix(&mixing, spectrum::angles(&Spectrum::REAL_HEADS, Band::Fast, count, &mut noise));
        let wander = spectrum::unit_noise(count, &mut noise);
        let gain: Vec<f32> = (0..count).map(|k| activity(rhythm, k) * (0.65 * wander[k].clamp(-2.0, 2.0)).exp()).collect();
        let slow = slow.map(|angle| at_speed(&angle, &speed));
        let fast = fast.map(|angle| angle.iter().zip(&gain).map(|(a, g)| a * g).collect::<Angle>());
        let mut angles = slow_and_fast(&slow, &fast);
        scale_to(&mut angles, &wanted);
        let liveliness = wanted[1] / 2.7;
        nods::add(&mut angles[1], &rhythm.accents, self.nod * liveliness, seed);
        ease_in(&mut angles);
        keep_in_bounds(&mut angles, &wanted);
        limit_angles(&mut angles);
        limit_steps(&mut angles);
        neck::poses(&angles)
    }

    /// Standard deviations of this clip. A clip shorter than three seconds has less time to move about.
    fn drawn_deviations(&self, noise: &mut Noise, count: usize) -> [f32; 3] {
        let shared = self.liveliness_spread * noise.normal();
        let seconds = count as f32 / FRAME_RATE as f32;
        let time = (seconds / 3.0).min(1.0).sqrt().max(if seconds < 1.5 { 0.0 } else { 0.88 });
        self.deviation.map(|median| {
            let factor = (shared + self.angle_spread * noise.normal()).exp().clamp(self.bounds.0, self.bounds.1);
            median * factor * time
        })
    }
}

/// Liveliness by the sound a fifth of a second later: heads move ahead of the voice.
fn activity(rhythm: &SpeechRhythm, frame: usize) -> f32 {
    let ahead = (frame + FRAME_RATE as usize / 5).min(rhythm.len() - 1);
    (0.6 + 0.6 * rhythm.energy[ahead]) * (1.0 - 0.6 * rhythm.calm[ahead])
}

/// A matrix whose rows mix independent angles into correlated ones of the same variance. Correlations differ from clip
/// to clip; yaw goes a little with rising and tilting.
fn mixing_matrix(noise: &mut Noise) -> Matrix3<f32> {
    let mut draw = |mean: f32| (mean + 0.4 * noise.normal()).clamp(-0.8, 0.8);
    let (yaw_pitch, yaw_roll, pitch_roll) = (draw(-0.15), draw(-0.15), draw(0.0));
    let wanted = Matrix3::new(1.0, yaw_pitch, yaw_roll, yaw_pitch, 1.0, pitch_roll, yaw_roll, pitch_roll, 1.0);
    let eigen = SymmetricEigen::new(wanted);
    let roots = Matrix3::from_diagonal(&eigen.eigenvalues.map(|value| value.max(0.05).sqrt()));
    let root = eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
    Matrix3::from_rows(&[row(&root, 0), row(&root, 1), row(&root, 2)])
}

fn row(matrix: &Matrix3<f32>, index: usize) -> nalgebra::RowVector3<f32> {
    let row = matrix.row(index).into_owned();
    let length = row.norm();
    if length > 0.0 { row / length } else { row }
}

fn mix(matrix: &Matrix3<f32>, angles: Angles) -> Angles {
    let mut mixed = angles;
    for k in 0..mixed[0].len() {
        let vector = matrix * Vector3::new(mixed[0][k], mixed[1][k], mixed[2][k]);
        for (angle, value) in mixed.iter_mut().zip(vector.iter()) {
            angle[k] = *value;
        }
    }
    mixed
}

/// Plays a curve at a changing speed (1 = as it is, never over 1), so that it slows down without being pulled anywhere.
fn at_speed(curve: &[f32], speed: &[f32]) -> Angle {
    let mut at = 0.0_f64;
    let last = curve.len().saturating_sub(1);
    speed
        .iter()
        .map(|speed| {
            let (low, part) = ((at as usize).min(last), at.fract() as f32);
            at += f64::from(speed.clamp(0.0, 1.0));
            cubic(curve, low, part)
        })
        .collect()
}

/// Catmull and Rom's cubic between `low` and `low + 1`: its speed has no corners.
fn cubic(curve: &[f32], low: usize, part: f32) -> f32 {
    let last = curve.len() - 1;
    let at = |k: isize| curve[(low as isize + k).clamp(0, last as isize) as usize];
    let (a, b, c, d) = (at(-1), at(0), at(1), at(2));
    b + 0.5 * part * (c - a + part * (2.0 * a - 5.0 * b + 4.0 * c - d + part * (3.0 * (b - c) + d - a)))
}

fn slow_and_fast(slow: &Angles, fast: &Angles) -> Angles {
    std::array::from_fn(|axis| slow[axis].iter().zip(&fast[axis]).map(|(s, f)| s + f).collect())
}

/// Brings each angle to its standard deviation, mean 0.
fn scale_to(angles: &mut Angles, wanted: &[f32; 3]) {
    for (angle, wanted) in angles.iter_mut().zip(wanted) {
        let (mean, deviation) = mean_and_deviation(angle);
        let factor = wanted / deviation.max(1e-6);
        angle.iter_mut().for_each(|value| *value = (*value - mean) * factor);
    }
}

/// Easing in and soft limits change the spread of a short clip; this brings it back near what was drawn.
fn keep_in_bounds(angles: &mut Angles, wanted: &[f32; 3]) {
    for (angle, wanted) in angles.iter_mut().zip(wanted) {
        let (_, deviation) = mean_and_deviation(angle);
        let factor = (wanted / deviation.max(1e-6)).clamp(0.6, 2.5);
        angle.iter_mut().for_each(|value| *value *= factor);
    }
}
