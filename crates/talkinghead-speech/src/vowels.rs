//! Voices in which the phoneme network hears nothing: a cry, a hum with open lips, a tenth of a second of a word.

use crate::activity::ActivityInput;
use crate::loudness::Loudness;
use crate::mel::MEL_BANDS;
use crate::spikes::PhonemeSpike;
use crate::vocabulary::{MouthShape, VISEMES, Vocabulary};

/// The vowel that such a voice is taken for: its mouth is neither wide nor round.
const NEUTRAL_VOWEL: &str = "ə";
/// A phone this near (seconds) has heard the voice already.
const HEARD: f32 = 0.25;
/// It lies among the loudest frames (natural log of amplitude, 17 dB).
const LOUD: f32 = 2.0;
/// Periodicity of a clear voice.
const CLEAR: f32 = 0.6;
/// Frames to each side among which its centre is the loudest.
const REACH: f32 = 3.5;
/// A voice fills so many bands of the spectrum to within 30 dB of the strongest; a tone, a hum or a string far fewer.
const BROAD: usize = 11;
const BROAD_RANGE: f32 = 6.9;
/// Recordings of less than a second have no pauses to stand out of.
const SHORT_FRAMES: usize = 25;

/// A neutral vowel at the middle of a voice in which no phone was heard; `None` where there is no such voice.
///
/// `centre`: the frame in question; `around`: frames near it, itself among them; `spectrum`: its log-mel spectrum.
pub(crate) fn unheard_vowel(
    centre: ActivityInput,
    around: &[ActivityInput],
    spectrum: &[f32; MEL_BANDS],
    spikes: &[PhonemeSpike],
    recording: &Loudness,
) -> Option<PhonemeSpike> {
    let is_voice = |frame: &ActivityInput| frame.voicing > CLEAR && frame.level > recording.loud - LOUD;
    let short = recording.frames() < SHORT_FRAMES;
    if (recording.steadiness() > 0.5 && !short)
        || !is_voice(&centre)
        || spikes.iter().any(|spike| (spike.time - centre.time).abs() < HEARD)
    {
        return None;
    }
    let near = |frames: f32| around.iter().filter(move |f| (f.time - centre.time).abs() < frames * crate::FRAME_SECONDS);
    let is_loudest = near(REACH).filter(|f| is_voice(f)).all(|f| (f.level, centre.time) <= (centre.level, f.time));
    let lasts = near(1.5).filter(|f| is_voice(f)).count() >= if short { 1 } else { 2 };
    let strongest = spectrum.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bands = spectrum.iter().filter(|band| **band > strongest - BROAD_RANGE).count();
    if is_loudest && lasts && bands >= BROAD { vowel(centre.time) } else { None }
}

fn vowel(time: f32) -> Option<PhonemeSpike> {
    let vocabulary = Vocabulary::get();
    let token = vocabulary.tokens.iter().position(|token| token == NEUTRAL_VOWEL)?;
    let MouthShape::One(class) = vocabulary.shapes[token] else { return None };
    let zero = [0.0; VISEMES];
    let mut visemes = zero;
    visemes[class] = 1.0;
    Some(PhonemeSpike { time, phoneme: NEUTRAL_VOWEL, visemes, first_half: zero, second_half: zero })
}
