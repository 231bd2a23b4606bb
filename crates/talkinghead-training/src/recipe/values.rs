//! Values of a recipe's keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use talkinghead_kernels::Precision;
use talkinghead_synthesis::options::Options;

use crate::Compatibility;

/// `compatibility`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompatibilityName {
    /// As published, defects included.
    Reference,
    /// What was meant.
    Right,
}

impl From<CompatibilityName> for Compatibility {
    fn from(name: CompatibilityName) -> Self {
        match name {
            CompatibilityName::Reference => Self::Reference,
            CompatibilityName::Right => Self::Right,
        }
    }
}

/// `training.precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionName {
    /// f32 throughout, as published.
    #[default]
    F32,
    /// Convolutions and products of bf16 numbers, everything else f32.
    Bf16,
    /// bf16 on a GPU that has it, else f32.
    Auto,
}

impl From<PrecisionName> for Precision {
    fn from(name: PrecisionName) -> Self {
        match name {
            PrecisionName::F32 => Self::F32,
            PrecisionName::Bf16 => Self::Bf16,
            PrecisionName::Auto => Self::Auto,
        }
    }
}

/// `data.reference_share`: a share of the clip, or `"around"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReferenceShare {
    /// References come from so much of a clip's start.
    Share(f64),
    /// References come from anywhere around the target.
    Around(Around),
}

/// The word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Around {
    /// 14 to 300 frames away, on either side.
    Around,
}

/// One option of a network or loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// A switch.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

impl std::fmt::Display for OptionValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Word(value) => write!(f, "{value}"),
        }
    }
}

/// Options by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OptionValues(pub BTreeMap<String, OptionValue>);

impl OptionValues {
    /// As the options that networks are built from.
    pub fn to_options(&self) -> Options {
        let mut options = Options::new();
        self.0.iter().for_each(|(name, value)| options.set(name, value));
        options
    }
}
