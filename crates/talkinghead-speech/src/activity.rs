//! Whether somebody speaks: loud enough beside the rest of the recording, phones near, and no steady hiss.

use crate::loudness::{Loudness, VOICED};
use crate::spikes::PhonemeSpike;

/// The middle between silence and speech, below the loud frames (natural log; 24 dB).
const RELATIVE: f32 = 2.8;
const SLOPE: f32 = 0.3;
/// Loudness counts from this long before to this long after it, in frames.
const HOLD: f32 = 0.1;
/// A phone vouches for the sound this far around it, fully and then fading, seconds.
const PHONE_NEAR: f32 = 0.25;
const PHONE_FAR: f32 = 0.55;
/// So many phones alike this near to each other are notes of an instrument.
const NOTES: usize = 3;
const MUSIC_NEAR: f32 = 0.8;
/// So many frames near each other are voiced by chance; twice as many are a voice.
const CHANCE: f32 = 3.0;

/// One frame near the one in question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivityInput {
    /// Seconds.
    pub time: f32,
    /// Natural log of amplitude, before any gain.
    pub level: f32,
    /// How periodic it is, 0 to 1.
    pub voicing: f32,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Whether the phones around are one and the same, again and again: notes of an instrument.
fn is_music(time: f32, spikes: &[PhonemeSpike]) -> bool {
    let mut near = spikes.iter().filter(|spike| (spike.time - time).abs() < MUSIC_NEAR).map(|spike| spike.phoneme);
    let Some(first) = near.next() else { return false };
    let others = near.clone().count();
    others + 1 >= NOTES && near.all(|phoneme| phoneme == first)
}

/// Voice activity at `time`, 0 to 1. `around`: frames near `time`; `spikes`: phones near `time`.
pub(crate) fn voice_activity(time: f32, recording: &Loudness, around: &[ActivityInput], spikes: &[PhonemeSpike]) -> f32 {
    let threshold = recording.loud - RELATIVE;
    let weigh = |distance: f32| (1.0 - (distance - HOLD).max(0.0) / HOLD).clamp(0.0, 1.0);
    let loudness = around
        .iter()
        .map(|frame| sigmoid((frame.level - threshold) / SLOPE) * weigh((frame.time - time).abs()))
        .fold(0.0, f32::max);
    let nearest = spikes.iter().map(|spike| (spike.time - time).abs()).fold(f32::INFINITY, f32::min);
    let phones = if is_music(time, spikes) { 0.0 } else { ((PHONE_FAR - nearest) / (PHONE_FAR - PHONE_NEAR)).clamp(0.0, 1.0) };
    // The phone network hears phones in hiss; where the level never changes, only a voice vouches for them.
    let voiced = around.iter().filter(|frame| frame.voicing > VOICED && recording.may_be_speech(frame.level)).count();
    let chance = CHANCE.min(around.len() as f32 / 4.0);
    let voice = ((voiced as f32 - chance) / chance).clamp(0.0, 1.0);
    loudness * phones * (1.0 - recording.steadiness() * (1.0 - if recording.is_drone() { 0.0 } else { voice }))
}
