//! What is drawn, and how.

use talkinghead_render::masks::MaskKind;

use super::{RankShare, SequenceSettings};
use crate::Compatibility;

/// Where the references of an item come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReferenceRule {
    /// From the first part of a clip, without replacement; targets from the rest. The share is the published `ref_ratio`.
    FirstPart(f64),
    /// Targets from anywhere; references with replacement from 14 to 300 frames before or behind them: what older revisions do when
    /// `ref_ratio` is not set.
    Around,
}

/// Whether crops differ from item to item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CropRule {
    /// Size and place are drawn.
    Random,
    /// Centred on the face.
    Centred,
}

/// Whether items are mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flips {
    /// Half of them.
    Half,
    /// None (`no_flip`).
    None,
}

/// What is hidden in the pictures that are warped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarpInputs {
    /// The parts that the label image must supply are black (`crop_ref`).
    Masked,
    /// Nothing.
    Whole,
}

/// The order of clips in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemOrder {
    /// Another one each epoch.
    Shuffled,
    /// By name (`serial_batches`).
    Serial,
}

/// How items are made. The published training script's values are those of `recipes/train_g8.toml`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemSettings {
    /// Side of the pictures, pixels.
    pub side: usize,
    /// References an item.
    pub shots: usize,
    /// Where they come from.
    pub references: ReferenceRule,
    /// How probable it is that the reference farthest in pose is the one to be warped; otherwise one is drawn. 0..1.
    pub farthest_probability: f64,
    /// What is hidden in warped pictures.
    pub warp_inputs: WarpInputs,
    /// Crops.
    pub crop: CropRule,
    /// Mirroring.
    pub flips: Flips,
    /// Order of clips.
    pub order: ItemOrder,
    /// How many consecutive target frames an item has.
    pub sequence: SequenceSettings,
    /// Items a clip gives in an epoch; one, as published.
    pub items_per_clip: usize,
    /// Published oddities or not: the right animation is cut out as the target is, hides eyes and mouth as inference does, and covers
    /// whole pixels of the target.
    pub compatibility: Compatibility,
    /// Decides everything that is drawn.
    pub seed: u64,
    /// Which of the items are this process's.
    pub share: RankShare,
}

impl ItemSettings {
    /// The parts that are hidden in warped pictures: the published training hides the mouth, the published demo and this program's
    /// inference the eyes too.
    pub fn hidden(&self) -> MaskKind {
        match self.compatibility {
            Compatibility::Reference => MaskKind::Mouth,
            Compatibility::Right => MaskKind::EyesAndMouth,
        }
    }
}
