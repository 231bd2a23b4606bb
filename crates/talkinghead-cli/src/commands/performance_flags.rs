//! Flags about movement that `generate` and `motion` share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use talkinghead::{Blinking, Emotion, HeadMotionChoice, LipFeatures, LookAhead, PerformanceOptions};

/// How the performance is made.
#[derive(Args, Debug)]
#[command(next_help_heading = "Movement")]
pub struct PerformanceFlags {
    /// Where head movement comes from: `audio` (made up, livelier with the speech), `still`, or a video whose head is
    /// followed.
    #[arg(long, value_name = "audio|still|VIDEO", default_value = "audio", value_parser = head_motion)]
    pub head_motion: HeadMotionFlag,

    /// Strength of head movement: 0 none, 1 natural.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, allow_negative_numbers = true, value_parser = gain)]
    pub head_gain: f32,

    /// Strength of lips, jaw and brows: 0 none, 1 natural; 0.7 to 1.4 is useful.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, allow_negative_numbers = true, value_parser = gain)]
    pub expression_gain: f32,

    /// Whether the eyes blink.
    #[arg(long, value_enum, value_name = "on|off", default_value_t = Blink::On)]
    pub blink: Blink,

    /// What the performance feels like: neutral, happy, sad, angry, surprised, fearful or disgusted.
    #[arg(long, value_name = "EMOTION", default_value = "neutral", value_parser = emotion)]
    pub emotion: Emotion,

    /// How clearly the emotion shows, 0 to 1.
    #[arg(long, value_name = "0-1", default_value_t = 0.7, allow_negative_numbers = true, value_parser = share)]
    pub emotion_strength: f32,

    /// What lips are made from: `whisper` (phones, spectrum and the features of a large speech model; best) or `phones` (without
    /// the model; quicker).
    #[arg(
        long,
        value_enum,
        value_name = "whisper|phones",
        default_value_t,
        hide_possible_values = true,
        conflicts_with = "look_ahead"
    )]
    pub lip_features: LipFeaturesFlag,

    /// Lips as a live stream would have them, which hears only so many seconds ahead: 0.2 or 0.5. Head and eyes still hear all.
    #[arg(long, value_name = "0.2|0.5", value_parser = look_ahead)]
    pub look_ahead: Option<LookAhead>,

    /// Number that decides everything random; the same seed gives the same video.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// `--head-motion`, parsed.
#[derive(Clone, Debug)]
pub struct HeadMotionFlag(pub HeadMotionChoice);

/// `--blink`, parsed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Blink {
    /// At a human rate.
    On,
    /// Never.
    Off,
}

/// `--lip-features`, parsed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum LipFeaturesFlag {
    /// Whisper's encoder listens, too.
    #[default]
    Whisper,
    /// Phones and spectrum.
    Phones,
}

impl From<LipFeaturesFlag> for LipFeatures {
    fn from(flag: LipFeaturesFlag) -> Self {
        match flag {
            LipFeaturesFlag::Whisper => Self::Whisper,
            LipFeaturesFlag::Phones => Self::Phones,
        }
    }
}

impl PerformanceFlags {
    /// As the library wants it.
    pub fn options(&self) -> PerformanceOptions {
        PerformanceOptions {
            head_motion: self.head_motion.0.clone(),
            blinking: match self.blink {
                Blink::On => Blinking::On,
                Blink::Off => Blinking::Off,
            },
            head_gain: self.head_gain,
            expression_gain: self.expression_gain,
            emotion: self.emotion,
            emotion_strength: self.emotion_strength,
            lip_features: self.lip_features.into(),
            look_ahead: self.look_ahead,
            seed: self.seed,
        }
    }
}

fn head_motion(text: &str) -> Result<HeadMotionFlag, String> {
    Ok(HeadMotionFlag(match text {
        "audio" => HeadMotionChoice::Audio,
        "still" => HeadMotionChoice::Still,
        "" => return Err("give `audio`, `still` or the path of a video".to_owned()),
        path => HeadMotionChoice::Video(PathBuf::from(path)),
    }))
}

fn emotion(text: &str) -> Result<Emotion, String> {
    text.parse().map_err(|error: talkinghead_motion::MotionError| error.to_string())
}

/// The look-aheads there are weights for.
pub fn look_ahead(text: &str) -> Result<LookAhead, String> {
    match text {
        "0.2" => Ok(LookAhead::Short),
        "0.5" => Ok(LookAhead::Long),
        _ => Err("give 0.2 or 0.5".to_owned()),
    }
}

/// A share from 0 to 1.
fn share(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("give a number from 0 to 1".to_owned()) }
}

/// A factor from 0 to 10.
fn gain(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=10.0).contains(&value) { Ok(value) } else { Err("give a factor from 0 to 10".to_owned()) }
}
