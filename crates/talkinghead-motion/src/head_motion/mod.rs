//! Head movement: made from the rhythm of speech and what was learned of a speaker, or taken from a measured head.
//!
//! Design decision: real movement is taken apart into what answers the voice and the rest. The answer is a linear
//! response to loudness (raised before a loud moment, lowered after, livelier while speaking), learned from half an hour
//! of a speaker and found again in strangers; the rest is drawn from the same speaker's real movement, never invented.
//! Everything turns about the neck.

mod limits;
mod material;
mod measured;
mod neck;
mod nods;
#[cfg(test)]
mod statistics;
mod style;
mod wandering;

pub use material::{HeadMaterial, RESPONSES, TAP_STEP, TAPS};
pub use measured::MeasuredHead;
pub use style::HeadStyle;

use talkinghead_face::HeadPose;
use talkinghead_media::FRAME_RATE;

use crate::SpeechRhythm;
use crate::random::{Noise, Purpose};
use crate::rhythm::{mean_and_deviation, standardised};
use crate::track::gaussian;
use limits::{ease_in, limit_angles, limit_steps};

/// One of yaw, pitch, roll over time, in degrees.
pub(crate) type Angle = Vec<f32>;

/// The three angles over time, in degrees.
pub(crate) type Angles = [Angle; 3];

/// How lively a generated head is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadMotionModel {
    /// Median standard deviations of yaw, pitch, roll over a clip, degrees as they look in a video; the poses themselves turn a quarter
    /// farther in yaw and pitch.
    pub deviation: [f32; 3],
    /// Standard deviation of the natural log of one liveliness factor drawn for the whole clip.
    pub liveliness_spread: f32,
    /// The same for each angle by itself.
    pub angle_spread: f32,
    /// Bounds of the drawn standard deviations relative to the median: what looks right on one picture.
    pub bounds: (f32, f32),
    /// Correlation of yaw, pitch, roll above 0.4 Hz with their answer to the voice, 0 to 0.9.
    pub response: [f32; 3],
    /// How much livelier fast movement is where the speech is: factor on the log of speed.
    pub modulation: f32,
    /// Degrees by which the head rises before a strong accent.
    pub nod: f32,
    /// How fast the movement goes on in long pauses, relative to speech.
    pub pause_speed: f32,
}

impl Default for HeadMotionModel {
    /// The statistics of people who speak freely to a camera.
    fn default() -> Self {
        Self {
            deviation: [2.9, 2.7, 2.0],
            liveliness_spread: 0.5,
            angle_spread: 0.25,
            bounds: (0.45, 1.7),
            response: [0.1, 0.55, 0.15],
            modulation: 0.3,
            nod: 0.7,
            pause_speed: 0.4,
        }
    }
}

/// How much farther yaw, pitch, roll turn than they are to look.
///
/// Design decision: sizes are those of real heads as a tracker sees them. In a video made of one picture the same tracker sees two thirds
/// of a yaw and three quarters of a pitch, because nothing new comes into sight; and where real videos are made again from their first
/// frame and measured poses, landmarks lie nearest with 1.1 to 1.5 times the poses, by person.
const SHOWN: [f32; 3] = [1.25, 1.25, 1.0];
/// Fast movement is what a Gaussian of this many frames leaves (above about half a hertz).
const SLOW: f32 = 12.0;
/// The response moves faster than what a Gaussian of this many frames leaves.
const ANSWER_SLOW: f32 = 10.0;
/// Liveliness of silence, in standard deviations of that of speech.
const SILENT: f32 = -1.2;

impl HeadMotionModel {
    /// The head of a person whose style was measured, or of anybody.
    pub fn of(style: Option<HeadStyle>) -> Self {
        style.map_or_else(Self::default, |style| style.model(&Self::default()))
    }

    /// A head that is held still but lives: standard deviations of about 0.1 degrees.
    pub fn still() -> Self {
        Self {
            deviation: [0.10, 0.11, 0.06],
            liveliness_spread: 0.0,
            angle_spread: 0.0,
            bounds: (0.8, 1.2),
            response: [0.0; 3],
            modulation: 0.0,
            nod: 0.0,
            pause_speed: 0.8,
        }
    }

    /// Head poses for a recording, one a frame; the first is the reference's own pose.
    ///
    /// The recording is part of the seed: two recordings move differently with the same `seed`.
    pub fn generate(&self, rhythm: &SpeechRhythm, seed: u64) -> Vec<HeadPose> {
        let count = rhythm.len();
        if count == 0 {
            return Vec::new();
        }
        let material = HeadMaterial::get();
        let seed = rhythm.seed(seed);
        let mut noise = Noise::new(seed, Purpose::HeadMotion);
        let wanted = self.drawn_deviations(&mut noise, count);
        let [yaw, pitch, roll, liveliness, _] = material.respond(&rhythm.loudness);
        let activity = activity(&liveliness, &rhythm.calm);
        let mut angles = self.wandering(material, rhythm, &activity, &mut noise);
        for (axis, answer) in [yaw, pitch, roll].iter().enumerate() {
            add_response(&mut angles[axis], answer, self.response[axis]);
        }
        scale_to(&mut angles, &wanted);
        nods::add(&mut angles[1], &rhythm.accents, self.nod * wanted[1] / 2.7, seed);
        ease_in(&mut angles);
        keep_in_bounds(&mut angles, &wanted);
        limit_angles(&mut angles);
        limit_steps(&mut angles);
        for (angle, shown) in angles.iter_mut().zip(SHOWN) {
            angle.iter_mut().for_each(|value| *value *= shown);
        }
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

    /// Movement that is not an answer: slower in long pauses, its fast part livelier where the speech is.
    fn wandering(&self, material: &HeadMaterial, rhythm: &SpeechRhythm, activity: &[f32], noise: &mut Noise) -> Angles {
        let speed: Vec<f32> = rhythm.calm.iter().map(|calm| 1.0 + (self.pause_speed - 1.0) * calm).collect();
        let angles = wandering::angles(material, activity, noise);
        angles.map(|angle| {
            let angle = wandering::at_speed(&angle, &speed);
            let slow = gaussian(&angle, SLOW);
            let fast = angle.iter().zip(&slow).map(|(a, s)| a - s);
            fast.zip(&slow).zip(activity).map(|((fast, slow), a)| slow + fast * (self.modulation * a).exp()).collect()
        })
    }
}

/// How lively the speech is, from the answer to loudness; silence is calm.
fn activity(liveliness: &[f32], calm: &[f32]) -> Vec<f32> {
    standardised(liveliness).iter().zip(calm).map(|(a, calm)| a + calm * (a.min(SILENT) - a)).collect()
}

/// Adds the answer so that it correlates by `share` with the fast part of the sum.
fn add_response(angle: &mut [f32], answer: &[f32], share: f32) {
    let (mean, deviation) = mean_and_deviation(answer);
    if deviation < 1e-6 || share <= 0.0 {
        return;
    }
    let fast: Vec<f32> = angle.iter().zip(gaussian(angle, ANSWER_SLOW)).map(|(a, s)| a - s).collect();
    let size = mean_and_deviation(&fast).1 * share / (1.0 - share * share).max(0.1).sqrt();
    for (value, answer) in angle.iter_mut().zip(answer) {
        *value += size * (answer - mean) / deviation;
    }
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
