//! What the sound says at one video frame.

use crate::mel::MEL_BANDS;
use crate::spikes::PhonemeSpike;
use crate::visemes::VISEME_CURVES;

/// Features of one video frame (25 a second); frame k covers 40 ms from k * 40 ms on.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechFrame {
    /// Log-mel spectrum (natural log of power), minus its mean over the recording's speech.
    pub log_mel: [f32; MEL_BANDS],
    /// `[256]` features of the phoneme network.
    pub phoneme_features: Vec<f32>,
    /// `[384]` features of the speech encoder; empty where it does not listen.
    pub encoder_features: Vec<f32>,
    /// Soft mouth classes: 13 and silence, in two widths.
    pub viseme_curves: [f32; VISEME_CURVES],
    /// How firmly a p, b or m (or, less, f or v) holds the lips together, 0 to 1.
    pub lip_closure: f32,
    /// Natural log of amplitude, 0 at the recording's loud frames (95 % quantile), negative below.
    pub level: f32,
    /// Loudness, 0 (30 dB under the loud frames, or less) to 1 (loud).
    pub energy: f32,
    /// Fundamental frequency in hertz, 60 to 400; meaningless where `voicing` is low.
    pub pitch: f32,
    /// How periodic the sound is, 0 to 1.
    pub voicing: f32,
    /// Whether somebody speaks: 0 to 1, from loudness and phones together.
    pub voice_activity: f32,
    /// Phones whose peak lies in this frame.
    pub spikes: Vec<PhonemeSpike>,
}
