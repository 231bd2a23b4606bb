//! Listens: from a recording to what a face needs to know about it, 25 times a second.
//!
//! Design decision: one stream of [`SpeechFrame`]s with flat memory. Statistics of the whole recording (loudness, mean
//! spectrum) are taken in passes before; the networks run in long overlapping windows, the same in training and
//! in use. May be used by motion and everything above; uses only `talkinghead-media`.

mod activity;
mod channels;
mod encoder;
mod error;
mod evidence;
mod features;
mod frame;
mod heard;
mod live;
mod loudness;
mod mel;
mod phonemes;
mod pitch;
mod source;
mod spikes;
mod visemes;
mod vocabulary;
mod vowels;
mod windows;

pub use channels::{ChosenChannels, choose_channels};
pub use encoder::ENCODER_FEATURES;
pub use error::SpeechError;
pub use evidence::SpeechEvidence;
pub use features::SpeechFeatures;
pub use frame::SpeechFrame;
pub use live::LiveSpeech;
pub use loudness::Loudness;
pub use mel::MEL_BANDS;
pub use phonemes::PHONEME_FEATURES;
pub use source::AudioSource;
pub use spikes::PhonemeSpike;
pub use visemes::VISEME_CURVES;
pub use vocabulary::{VISEME_NAMES, VISEMES};

/// Samples per second of every sound here.
const SAMPLE_RATE: u32 = talkinghead_media::SAMPLE_RATE;
/// Samples per video frame.
const SAMPLES_PER_FRAME: usize = (SAMPLE_RATE / talkinghead_media::FRAME_RATE) as usize;
/// Seconds per video frame.
const FRAME_SECONDS: f32 = 1.0 / talkinghead_media::FRAME_RATE as f32;
