//! The sections of a recipe, with the published training script's values as defaults.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{PrecisionName, ReferenceShare};

/// `[data]`: what items are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSection {
    /// Side of the pictures, pixels (`loadSize`).
    pub size: usize,
    /// References an item (`n_shot`).
    pub shots: usize,
    /// Frames that the generator sees at a time, the one to synthesise included (`n_frames_G`); 1 for single frames throughout.
    pub target_frames: usize,
    /// Target frames of a sequence when the temporal stage begins (`n_frames_total`).
    pub sequence_frames: usize,
    /// Epochs after which sequences are twice as long (`niter_step`); 0 for never.
    pub sequence_double_every: usize,
    /// Target frames of a sequence at most.
    pub most_sequence_frames: usize,
    /// Share of a clip that references come from (`ref_ratio`), or "around".
    pub reference_share: ReferenceShare,
    /// How probable it is that the reference farthest in pose is warped (`worst_ref_prob`).
    pub farthest_probability: f64,
    /// Hide in warped pictures what the label image must supply (`crop_ref`).
    pub crop_ref: bool,
    /// Draw size and place of the crops.
    pub random_crop: bool,
    /// Mirror half of the items (not `no_flip`).
    pub flip: bool,
    /// Clips in the order of their names (`serial_batches`).
    pub serial: bool,
    /// Items a clip gives in an epoch.
    pub items_per_clip: usize,
    /// Only so many clips, by name; 0 for all.
    pub clips: usize,
    /// Items that may fail to be read, a share of all, before training stops.
    pub unreadable_limit: f64,
}

impl Default for DataSection {
    fn default() -> Self {
        Self {
            size: 256,
            shots: 8,
            target_frames: 1,
            sequence_frames: 4,
            sequence_double_every: 10,
            most_sequence_frames: 128,
            reference_share: ReferenceShare::Share(0.25),
            farthest_probability: 0.75,
            crop_ref: true,
            random_crop: true,
            flip: true,
            serial: false,
            items_per_clip: 1,
            clips: 0,
            unreadable_limit: 0.02,
        }
    }
}

/// `perceptual.network`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PerceptualKind {
    /// The one that ships.
    Squeezenet,
    /// The published one; its weights are yours to give.
    Vgg19,
    /// No perceptual loss.
    None,
}

/// `[perceptual]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerceptualSection {
    /// Which network.
    pub network: PerceptualKind,
    /// torchvision's VGG19, .pth or .safetensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
}

impl Default for PerceptualSection {
    fn default() -> Self {
        Self { network: PerceptualKind::Squeezenet, weights: None }
    }
}

/// `flow.teacher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeacherName {
    /// No flow loss.
    None,
    /// The tracked faces themselves.
    Mesh,
    /// A classical dense flow; in the place of FlowNet2, whose weights cannot ship.
    Classical,
    /// FlowNet2, the published one; its weights are yours to give.
    Flownet2,
    /// RAFT-small; its weights are yours to give.
    Raft,
}

/// `[flow]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowSection {
    /// Which teacher.
    pub teacher: TeacherName,
    /// Its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
}

impl Default for FlowSection {
    fn default() -> Self {
        Self { teacher: TeacherName::Classical, weights: None }
    }
}

/// `[training]`: optimiser and length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSection {
    /// Items a batch (`batchSize`).
    pub batch: usize,
    /// Batches a step.
    pub accumulation: usize,
    /// Epochs at the full learning rate (`niter`).
    pub epochs: usize,
    /// Epochs of its fall behind them (`niter_decay`).
    pub decay_epochs: usize,
    /// Epochs before several frames are trained (`niter_single`).
    pub single_frame_epochs: usize,
    /// By this the learning rates are multiplied from the temporal stage on (published 0.1).
    pub temporal_rate: f64,
    /// Frames that the temporal discriminator sees together (`n_frames_D`); no more than `data.target_frames`.
    pub discriminator_frames: usize,
    /// Stop after so many steps, even in mid-epoch; 0 for none.
    pub most_steps: u64,
    /// Learning rate (`lr`).
    pub lr: f64,
    /// Two time scales: half the rate for the generator, twice the rate for the discriminator (not `no_TTUR`).
    pub ttur: bool,
    /// Adam's first decay without two time scales.
    pub beta1: f64,
    /// Adam's second decay.
    pub beta2: f64,
    /// Longest gradient; 0 for any.
    pub gradient_limit: f64,
    /// Decay of the moving average of the generator's weights; 0 for none.
    pub average: f64,
    /// Make the discriminator's fakes anew with the generator that has just learned (published), or use those there are.
    pub fresh_fakes: bool,
    /// What convolutions and products multiply: "f32" (published), "bf16", or "auto", which is bf16 on a GPU that has it.
    pub precision: PrecisionName,
}

impl Default for TrainingSection {
    fn default() -> Self {
        Self {
            batch: 4,
            accumulation: 1,
            epochs: 1000,
            decay_epochs: 0,
            single_frame_epochs: 1001,
            temporal_rate: crate::generator::TEMPORAL_RATE,
            discriminator_frames: 2,
            most_steps: 0,
            lr: 0.0004,
            ttur: true,
            beta1: 0.5,
            beta2: 0.999,
            gradient_limit: 0.0,
            average: 0.0,
            fresh_fakes: true,
            precision: PrecisionName::F32,
        }
    }
}

/// `[run]`: what is shown and kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSection {
    /// Steps between two pictures (`display_freq`).
    pub picture_every: u64,
    /// Steps between two checkpoints (`save_latest_freq`).
    pub save_every: u64,
    /// Epochs between two checkpoints (`save_epoch_freq`); 0 for none by epoch.
    pub save_every_epochs: u64,
    /// Steps between two validations.
    pub validate_every: u64,
    /// Frames of a validation.
    pub validation_items: usize,
    /// Sequences of consecutive frames by which flicker is judged; 0 for none.
    pub validation_sequences: usize,
    /// Checkpoints kept beside the best.
    pub keep: usize,
    /// Threads that make items (`nThreads`).
    pub workers: usize,
}

impl Default for RunSection {
    fn default() -> Self {
        Self {
            picture_every: 100,
            save_every: 1000,
            save_every_epochs: 5,
            validate_every: 500,
            validation_items: 8,
            validation_sequences: 2,
            keep: 3,
            workers: 2,
        }
    }
}
