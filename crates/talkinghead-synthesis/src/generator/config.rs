//! What kind of generator: every field of the paper's design and its ablations, checked for consistency.

use crate::error::SynthesisError;
use crate::layers::NormalisationKind;

/// How several reference shots become one appearance embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedding {
    /// The paper's hybrid embedding: attention over the shots beside a joint view of all of them.
    Hybrid,
    /// The hybrid encoder with the mean over shots in place of attention.
    HybridMean,
    /// Attention alone (few-shot vid2vid).
    Attention,
    /// The mean over the shots.
    Mean,
}

impl Embedding {
    /// Whether image and label encoders are fused (the paper's addition).
    pub fn is_hybrid(self) -> bool {
        matches!(self, Self::Hybrid | Self::HybridMean)
    }

    /// Whether shots are weighted by attention.
    pub fn has_attention(self) -> bool {
        matches!(self, Self::Hybrid | Self::Attention)
    }
}

/// How warped pictures and synthesised picture become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composition {
    /// The paper's: warped pictures modulate the last layers.
    Nonlinear,
    /// Blending by mask.
    Linear,
}

/// Whether sources are moved by the estimated flow before composition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warping {
    /// Moved.
    Warped,
    /// Left where they are (ablation). Linear composition then still blends warped pictures, as the published code does.
    Unwarped,
}

/// Shape of a label embedder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedderShape {
    /// Feature maps on the way down.
    Encoder,
    /// Feature maps on the way up again.
    EncoderDecoder,
}

/// How flow networks double the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowUpsampling {
    /// Nearest neighbour, then convolution.
    Nearest,
    /// Transposed convolution.
    Transposed,
}

/// What coordinate -1 and 1 mean when sampling at the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridAlignment {
    /// Centres of the outermost pixels: zero flow is the identity. PyTorch up to 1.3.
    Corners,
    /// Outer edges of the outermost pixels: what a newer PyTorch did with the same code.
    Edges,
}

/// Layers whose modulation weights are generated from the references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveLayers {
    /// Number of layers, counted from the finest.
    pub layers: usize,
    /// Linear layers beyond the first in each weight generator (0 acts as 1).
    pub extra_linear_layers: usize,
    /// Whether the label embedder's weights are generated too.
    pub label_embedder: bool,
}

/// One flow network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowConfig {
    /// Width of the first layer.
    pub width: usize,
    /// Halvings.
    pub downsamplings: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Normalisation.
    pub normalisation: NormalisationKind,
    /// Pixels per unit of the network's output.
    pub multiplier: f64,
    /// How sizes are doubled.
    pub upsampling: FlowUpsampling,
}

/// A generator's design. The defaults are those of the published training script.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneratorConfig {
    /// Channels of a label map before one-hot expansion.
    pub label_channels: usize,
    /// If nonzero, label maps hold integers below this number and are expanded to one channel each.
    pub label_classes: usize,
    /// Width of the first layer.
    pub width: usize,
    /// Halvings down to the coarsest layer.
    pub downsamplings: usize,
    /// Number of reference shots.
    pub shots: usize,
    /// How shots become an embedding.
    pub embedding: Embedding,
    /// Halvings before the shots are merged.
    pub merge_depth: usize,
    /// Normalisation of encoders and main branch.
    pub normalisation: NormalisationKind,
    /// Kernel of SPADE's modulation convolutions.
    pub spade_kernel: usize,
    /// Kernel of generated label-embedder weights.
    pub embed_kernel: usize,
    /// Generated modulation weights, if any.
    pub adaptive: Option<AdaptiveLayers>,
    /// Shape of the target label's embedder.
    pub label_embedder: EmbedderShape,
    /// How pictures are composed.
    pub composition: Composition,
    /// Layers, counted from the finest, that take the warped pictures.
    pub composition_layers: usize,
    /// Shape of the warped pictures' embedders.
    pub composition_embedder: EmbedderShape,
    /// Whether nonlinear composition also makes the picture without warped inputs (for its loss).
    pub raw_image: bool,
    /// Whether the matching reference frame is warped.
    pub warp_reference: bool,
    /// Whether the projected (animation) frame is warped.
    pub warp_projection: bool,
    /// Whether flow is applied.
    pub warping: Warping,
    /// Both flow networks.
    pub flow: FlowConfig,
    /// Sampling convention of the warp.
    pub grid: GridAlignment,
    /// Frames before the one to synthesise that the network is shown, the last of which it warps (`n_frames_G - 1`); 0 for a network that
    /// makes each frame by itself.
    pub previous_frames: usize,
}

impl Default for GeneratorConfig {
    fn default() -> Self {
        Self {
            label_channels: 1,
            label_classes: 0,
            width: 32,
            downsamplings: 5,
            shots: 8,
            embedding: Embedding::Hybrid,
            merge_depth: 2,
            normalisation: NormalisationKind::Batch,
            spade_kernel: 1,
            embed_kernel: 1,
            adaptive: Some(AdaptiveLayers { layers: 4, extra_linear_layers: 2, label_embedder: true }),
            label_embedder: EmbedderShape::EncoderDecoder,
            composition: Composition::Nonlinear,
            composition_layers: 2,
            composition_embedder: EmbedderShape::Encoder,
            raw_image: true,
            warp_reference: true,
            warp_projection: true,
            warping: Warping::Warped,
            flow: FlowConfig {
                width: 32,
                downsamplings: 3,
                blocks: 6,
                normalisation: NormalisationKind::Batch,
                multiplier: 20.0,
                upsampling: FlowUpsampling::Nearest,
            },
            grid: GridAlignment::Corners,
            previous_frames: 0,
        }
    }
}

/// Widest layer of the main branch and the label embedders.
const WIDEST: usize = 1024;
/// No option may ask for more halvings or blocks than this.
const DEEPEST: usize = 16;
/// Most frames that a network may be shown of the past.
const LONGEST_PAST: usize = 16;

impl GeneratorConfig {
    /// Channels that a label map has inside the network.
    pub fn label_width(&self) -> usize {
        if self.label_classes > 0 { self.label_classes } else { self.label_channels }
    }

    /// Width of main-branch level `level` (0 = finest; `downsamplings + 1` is the last).
    pub fn channels(&self, level: usize) -> usize {
        self.embedder_channels(level).min(self.embedder_channels(self.downsamplings))
    }

    /// Width of label-embedder level `level`.
    pub fn embedder_channels(&self, level: usize) -> usize {
        self.width.saturating_mul(1_usize.checked_shl(level as u32).unwrap_or(usize::MAX)).min(WIDEST)
    }

    /// Number of layers with generated weights.
    pub fn adaptive_layers(&self) -> usize {
        self.adaptive.map_or(0, |adaptive| adaptive.layers)
    }

    /// Layers of the label embedder with generated weights.
    pub fn adaptive_embed_layers(&self) -> usize {
        self.adaptive.filter(|adaptive| adaptive.label_embedder).map_or(0, |adaptive| adaptive.layers)
    }

    /// Whether level `level` averages modulations map by map instead of applying them one after the other.
    pub fn averages(&self, level: usize) -> bool {
        self.embedding.is_hybrid() && level < self.composition_layers
    }

    /// Number of modulation maps of level `level`.
    pub fn maps(&self, level: usize) -> usize {
        // Label, reference, projection, and the previous frame, which only a network of several frames fills.
        if self.composition == Composition::Nonlinear && level < self.composition_layers { 4 } else { 1 }
    }

    /// Both picture sides must be multiples of this.
    pub fn size_divisor(&self) -> usize {
        let flows = self.warp_reference || self.warp_projection || self.previous_frames > 0;
        let flow = if flows { self.flow.downsamplings } else { 0 };
        1 << self.downsamplings.max(flow).min(DEEPEST)
    }

    /// Checks everything that can be checked without a picture size.
    ///
    /// # Errors
    /// Names the option that is impossible and says why.
    pub fn validate(&self) -> Result<(), SynthesisError> {
        let fail = |text: String| Err(SynthesisError::Configuration(text));
        let depth = self.downsamplings;
        if self.width == 0 || self.width > WIDEST {
            return fail(format!("ngf = {}: must be 1 to {WIDEST}", self.width));
        }
        if depth == 0 || depth > DEEPEST || self.flow.downsamplings > DEEPEST || self.flow.blocks > 256 {
            return fail(format!(
                "n_downsample_G = {depth} (1 to {DEEPEST}), n_downsample_F = {} (0 to {DEEPEST}), n_blocks_F = {} (0 to 256): out of range",
                self.flow.downsamplings, self.flow.blocks
            ));
        }
        if self.flow.width == 0 || self.flow.width > WIDEST {
            return fail(format!("nff = {}: must be 1 to {WIDEST}", self.flow.width));
        }
        if !self.flow.multiplier.is_finite() {
            return fail(format!("flow_multiplier = {}: must be a finite number", self.flow.multiplier));
        }
        if self.shots == 0 || self.shots > 1024 {
            return fail(format!("n_shot = {}: must be 1 to 1024", self.shots));
        }
        if self.label_width() == 0 || self.label_width() > 4096 {
            return fail(format!(
                "label_nc = {}, input_nc = {}: label maps need 1 to 4096 channels",
                self.label_classes, self.label_channels
            ));
        }
        if self.label_classes > 0 && self.label_channels != 1 {
            return fail(format!("label_nc = {} needs input_nc = 1, not {}", self.label_classes, self.label_channels));
        }
        if self.merge_depth > depth {
            return fail(format!("n_downsample_A = {}: cannot exceed n_downsample_G = {depth}", self.merge_depth));
        }
        if self.merge_depth == 0 && self.shots > 1 {
            return fail(format!("n_downsample_A = 0 never merges the shots: it needs n_shot = 1, not {}", self.shots));
        }
        if self.spade_kernel.is_multiple_of(2) || self.spade_kernel > 31 {
            return fail(format!("spade_ks = {}: must be odd and at most 31", self.spade_kernel));
        }
        if self.embed_kernel == 0 || self.embed_kernel > 31 {
            return fail(format!("embed_ks = {}: must be 1 to 31", self.embed_kernel));
        }
        if self.composition_layers > depth + 1 {
            return fail(format!("n_sc_layers = {}: at most n_downsample_G + 1 = {}", self.composition_layers, depth + 1));
        }
        if self.composition == Composition::Nonlinear && self.raw_image && self.composition_layers == 0 {
            return fail(
                "add_raw_loss needs n_sc_layers of at least 1: without such layers there is no separate raw image".into(),
            );
        }
        if self.previous_frames > LONGEST_PAST {
            return fail(format!("n_frames_G = {}: at most {}", self.previous_frames + 1, LONGEST_PAST + 1));
        }
        if let Some(adaptive) = self.adaptive {
            if adaptive.layers > depth + 1 {
                return fail(format!("n_adaptive_layers = {}: at most n_downsample_G + 1 = {}", adaptive.layers, depth + 1));
            }
            if adaptive.extra_linear_layers > 64 {
                return fail(format!("n_fc_layers = {}: at most 64", adaptive.extra_linear_layers));
            }
            for level in 0..adaptive.layers {
                let (narrow, wide) = (self.channels(level), self.channels(level + 1));
                if narrow != wide && wide != 2 * narrow {
                    return fail(format!(
                        "ngf = {}: layer {level} widens from {narrow} to {wide} channels (not by 1 or 2), for which the generated \
                         weights of n_adaptive_layers = {} do not add up; use a power of two or fewer adaptive layers",
                        self.width, adaptive.layers
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_default_is_the_published_training_configuration() {
        let config = GeneratorConfig::default();
        config.validate().unwrap();
        let widths: Vec<usize> = (0..=6).map(|level| config.channels(level)).collect();
        assert_eq!(widths, [32, 64, 128, 256, 512, 1024, 1024]);
        assert_eq!(config.size_divisor(), 32);
    }

    #[test]
    fn impossible_mixes_are_named() {
        let default = GeneratorConfig::default();
        let refused = [
            (GeneratorConfig { composition_layers: 0, ..default }, "add_raw_loss"),
            (GeneratorConfig { composition_layers: 7, ..default }, "n_sc_layers"),
            (GeneratorConfig { spade_kernel: 2, ..default }, "spade_ks"),
            (GeneratorConfig { merge_depth: 0, ..default }, "n_downsample_A"),
            (
                GeneratorConfig { width: 48, adaptive: default.adaptive.map(|a| AdaptiveLayers { layers: 6, ..a }), ..default },
                "ngf",
            ),
        ];
        for (config, name) in refused {
            let message = config.validate().unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
