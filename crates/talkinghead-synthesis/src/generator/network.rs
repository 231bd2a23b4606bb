//! The whole generator: which part feeds which.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use talkinghead_kernels::{KernelError, Precision};

use super::attention::{ShotAttention, strongest_shot};
use super::embedding_combiner::EmbeddingCombiner;
use super::flow::FlowNetwork;
use super::label_embedder::LabelEmbedder;
use super::main_block::MainBlock;
use super::reference_encoder::{ReferenceEncoder, ShotFeatures, depends_on_target};
use super::warp::warp;
use super::weight_generation::WeightGenerator;
use super::{Composition, GeneratedLayer, GeneratorConfig, PerSource, References, Synthesis, Targets, Warping};
use crate::error::SynthesisError;
use crate::layers::{Convolution, ConvolutionShape, Mode, Pass, lrelu, operation, upsample_nearest};
use crate::weights::{Entry, WeightBuilder, Weights};

/// The generator of the paper.
#[derive(Module, Debug)]
pub struct Generator {
    encoder: ReferenceEncoder,
    combiner: EmbeddingCombiner,
    attention: Option<ShotAttention>,
    weight_generator: Option<WeightGenerator>,
    label_embedder: LabelEmbedder,
    blocks: Vec<MainBlock>,
    image_head: Convolution,
    flow_reference: Option<FlowNetwork>,
    flow_projection: Option<FlowNetwork>,
    flow_previous: Option<FlowNetwork>,
    reference_embedder: Option<LabelEmbedder>,
    projection_embedder: Option<LabelEmbedder>,
    previous_embedder: Option<LabelEmbedder>,
    #[module(skip)]
    config: GeneratorConfig,
    #[module(skip)]
    entries: Vec<Entry>,
}

/// Embedding of the references and the weights generated from it.
#[derive(Debug, Clone)]
struct Appearance {
    image: Tensor<4>,
    generated: Vec<GeneratedLayer>,
}

/// What stays the same for every target frame of a clip, computed once.
#[derive(Debug, Clone)]
pub struct EncodedReferences {
    stage: Stage,
    sets: usize,
    shots: usize,
    size: [usize; 2],
}

#[derive(Debug, Clone)]
enum Stage {
    /// Nothing before the main branch depends on the target.
    Complete(Appearance),
    /// Attention still has to look at the target.
    Attending { features: ShotFeatures, keys: Tensor<5> },
}

/// Whether the picture without warped inputs is made as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawImage {
    /// As the configuration says (training).
    AsConfigured,
    /// Skipped: the final picture does not need it.
    Skipped,
}

impl Generator {
    /// Builds a generator from weights.
    ///
    /// # Errors
    /// An impossible configuration, or weights that do not fit it exactly.
    pub fn new(config: &GeneratorConfig, weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        config.validate()?;
        let builder = &mut WeightBuilder::new(weights, device);
        let encoder = ReferenceEncoder::new(builder, config);
        let combiner = EmbeddingCombiner::new(builder, config);
        let attention = config.embedding.has_attention().then(|| ShotAttention::new(builder, config));
        let weight_generator = WeightGenerator::new(builder, config);
        let label_embedder = LabelEmbedder::new(
            builder,
            "netG.label_embedding",
            config,
            config.label_width(),
            config.label_embedder,
            config.adaptive_embed_layers(),
        );
        let mut blocks: Vec<MainBlock> =
            (0..=config.downsamplings).rev().map(|level| MainBlock::new(builder, config, level)).collect();
        blocks.reverse();
        let image_head = Convolution::new(builder, "netG.conv_img", ConvolutionShape::three(config.width, 3));
        let flow_reference = config.warp_reference.then(|| FlowNetwork::new(builder, "warp.flow_network_ref", config, 2));
        let flow_projection = config.warp_projection.then(|| FlowNetwork::new(builder, "warp.flow_network_ani", config, 2));
        let frames = config.previous_frames;
        let flow_previous = (frames > 0).then(|| FlowNetwork::new(builder, "warp.flow_network_temp", config, frames + 1));
        let nonlinear = config.composition == Composition::Nonlinear;
        let mut embedder =
            |key: &str| nonlinear.then(|| LabelEmbedder::new(builder, key, config, 4, config.composition_embedder, 0));
        let (reference_embedder, projection_embedder) = (embedder("img_ref_embedding"), embedder("img_ani_embedding"));
        let previous_embedder = if frames > 0 { embedder("img_prev_embedding") } else { None };
        let finished = std::mem::replace(builder, WeightBuilder::new(Weights::Zeros, device));
        let entries = finished.finish()?;
        Ok(Self {
            encoder,
            combiner,
            attention,
            weight_generator,
            label_embedder,
            blocks,
            image_head,
            flow_reference,
            flow_projection,
            flow_previous,
            reference_embedder,
            projection_embedder,
            previous_embedder,
            config: *config,
            entries,
        })
    }

    /// Keys and shapes of the state dict that a design has, in the order of building.
    ///
    /// # Errors
    /// An impossible configuration.
    pub fn keys(config: &GeneratorConfig) -> Result<Vec<(String, Vec<usize>)>, SynthesisError> {
        let network = Self::new(config, Weights::Zeros, &Device::flex())?;
        Ok(network.entries.into_iter().map(|entry| (entry.key, entry.shape)).collect())
    }

    /// Its design.
    pub fn config(&self) -> &GeneratorConfig {
        &self.config
    }

    /// Its state dict's entries, in the order of building; the ids are those of the parameters.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One forward pass with everything computed, as in training.
    ///
    /// # Errors
    /// Inputs of the wrong shape.
    pub fn forward(&self, references: &References, targets: &Targets, pass: &mut Pass) -> Result<Synthesis, SynthesisError> {
        let encoded = self.encode_references(references, pass)?;
        self.synthesise(&encoded, targets, RawImage::AsConfigured, pass)
    }

    /// The part that does not depend on the target.
    ///
    /// # Errors
    /// References of the wrong shape or number.
    pub fn encode_references(&self, references: &References, pass: &mut Pass) -> Result<EncodedReferences, SynthesisError> {
        self.config.check_references(references)?;
        let [sets, shots, _, height, width] = references.images.dims();
        let flat = |x: &Tensor<5>| {
            let [_, _, channels, _, _] = x.dims();
            x.clone().reshape([sets * shots, channels, height, width])
        };
        let labels = self.config.expand_label(flat(&references.labels));
        let features = self.encoder.encode(flat(&references.images), labels.clone(), shots, pass)?;
        let attends = depends_on_target(self.config.embedding, shots) || pass.mode == Mode::Training;
        let stage = match self.attention.as_ref().filter(|_| attends) {
            Some(attention) => Stage::Attending { features, keys: attention.keys(labels, shots, pass)? },
            None => Stage::Complete(self.appearance(&features, None, pass)?),
        };
        Ok(EncodedReferences { stage, sets, shots, size: [height, width] })
    }

    fn appearance(
        &self,
        features: &ShotFeatures,
        attention: Option<&Tensor<4>>,
        pass: &mut Pass,
    ) -> Result<Appearance, KernelError> {
        let (image, label) = self.encoder.merge(features, attention, pass)?;
        let wanted = self.weight_generator.is_some() || pass.mode == Mode::Training || pass.is_traced();
        let levels = if wanted { self.combiner.forward(image.clone(), label, pass)? } else { Vec::new() };
        let generated = self.weight_generator.as_ref().map_or_else(Vec::new, |generator| generator.forward(&levels, pass));
        Ok(Appearance { image, generated })
    }

    /// Frames for a batch of targets.
    ///
    /// # Errors
    /// Targets that do not fit the references or the network.
    pub fn synthesise(
        &self,
        encoded: &EncodedReferences,
        targets: &Targets,
        raw_image: RawImage,
        pass: &mut Pass,
    ) -> Result<Synthesis, SynthesisError> {
        self.config.check_targets(targets, encoded.sets, encoded.size)?;
        let config = &self.config;
        let label = config.expand_label(targets.label.clone());
        let [batch, _, height, width] = label.dims();
        let (appearance, attention) = match &encoded.stage {
            Stage::Complete(appearance) => {
                let depth = config.merge_depth;
                let ones = || Tensor::ones([batch, encoded.shots, height >> depth, width >> depth], &label.device());
                (appearance.clone(), self.attention.as_ref().map(|_| ones()))
            }
            Stage::Attending { features, keys } => {
                let attention = self.attention.as_ref().map(|module| module.weigh(label.clone(), keys, pass)).transpose()?;
                (self.appearance(features, attention.as_ref(), pass)?, attention)
            }
        };
        let encoded_label = self.label_embedder.forward(label.clone(), &appearance.generated, config.downsamplings + 1)?;
        for (level, map) in encoded_label.iter().enumerate() {
            pass.record(|| format!("encoded_label.{level}"), map);
        }

        let mut result = PartialSynthesis::default();
        let branches = [
            (&self.flow_reference, &targets.reference, &mut result.reference),
            (&self.flow_projection, &targets.projection, &mut result.projection),
        ];
        for (network, source, slot) in branches {
            if let (Some(network), Some(source)) = (network, source) {
                *slot =
                    Some(self.move_source(network, &label, config.expand_label(source.label.clone()), &source.image, pass)?);
            }
        }
        if let (Some(network), Some(previous)) = (&self.flow_previous, &targets.previous) {
            let labels = config.expand_labels(previous.labels.clone(), config.previous_frames);
            result.previous = Some(self.move_source(network, &label, labels, &previous.images, pass)?);
        }
        // One reference set serves a whole batch of targets.
        let start = appearance.image;
        let start = if start.dims()[0] == batch { start } else { start.repeat_dim(0, batch) };
        let with_raw = raw_image == RawImage::AsConfigured && config.raw_image;
        let synthesis = match config.composition {
            Composition::Nonlinear => {
                self.compose_nonlinear(start, &encoded_label, &appearance.generated, &result, with_raw, pass)?
            }
            Composition::Linear => self.compose_linear(start, &encoded_label, &appearance.generated, &result, pass)?,
        };
        let (image, raw, with_projection) = synthesis;
        let show = |branch: &Option<Branch>| -> [Option<Tensor<4>>; 3] {
            match branch {
                Some(branch) => [Some(branch.flow.clone()), Some(branch.weight.clone()), Some(branch.shown.clone())],
                None => [None, None, None],
            }
        };
        let ([flow_r, weight_r, warped_r], [flow_p, weight_p, warped_p]) = (show(&result.reference), show(&result.projection));
        let [flow_b, weight_b, warped_b] = show(&result.previous);
        let strongest: Option<Tensor<1, Int>> = attention.as_ref().map(strongest_shot);
        Ok(Synthesis {
            image,
            raw,
            with_projection,
            flow: PerSource { reference: flow_r, projection: flow_p, previous: flow_b },
            weight: PerSource { reference: weight_r, projection: weight_p, previous: weight_b },
            warped: PerSource { reference: warped_r, projection: warped_p, previous: warped_b },
            attention: attention.map(|a| {
                let [batch, shots, h, w] = a.dims();
                a.reshape([batch, shots, h * w])
            }),
            strongest_shot: strongest,
        })
    }

    /// The flow of a source; of several frames the last one is warped.
    fn move_source(
        &self,
        network: &FlowNetwork,
        label: &Tensor<4>,
        source_labels: Tensor<4>,
        source_images: &Tensor<4>,
        pass: &mut Pass,
    ) -> Result<Branch, KernelError> {
        let (flow, weight) = network.forward(label.clone(), source_labels, source_images.clone(), pass)?;
        let image = match source_images.dims()[1] {
            3 => source_images.clone(),
            channels => source_images.clone().narrow(1, channels - 3, 3),
        };
        let warped = operation("warp", 0, || warp(image.clone(), flow.clone(), self.config.grid))?;
        let shown = match self.config.warping {
            Warping::Warped => warped.clone(),
            Warping::Unwarped => image,
        };
        Ok(Branch { flow, weight, warped, shown })
    }

    fn compose_nonlinear(
        &self,
        start: Tensor<4>,
        labels: &[Tensor<4>],
        generated: &[GeneratedLayer],
        branches: &PartialSynthesis,
        with_raw: bool,
        pass: &mut Pass,
    ) -> Result<Composed, KernelError> {
        let layers = self.config.composition_layers;
        let mut embed =
            |embedder: &Option<LabelEmbedder>, branch: &Option<Branch>, name: &str| -> Result<Vec<Tensor<4>>, KernelError> {
                let (Some(embedder), Some(branch)) = (embedder, branch) else { return Ok(Vec::new()) };
                if layers == 0 {
                    return Ok(Vec::new());
                }
                let input = Tensor::cat(vec![branch.shown.clone(), branch.weight.clone()], 1);
                let maps = embedder.forward(input, &[], layers)?;
                for (level, map) in maps.iter().enumerate().take(layers) {
                    pass.record(|| format!("{name}.out{level}"), map);
                }
                Ok(maps)
            };
        let reference = embed(&self.reference_embedder, &branches.reference, "img_ref_embedding")?;
        let projection = embed(&self.projection_embedder, &branches.projection, "img_ani_embedding")?;
        let previous = embed(&self.previous_embedder, &branches.previous, "img_prev_embedding")?;
        let (mut x, mut raw) = (start, None);
        for level in (0..self.blocks.len()).rev() {
            let label = Some(labels[level].clone());
            if with_raw && level + 1 == layers {
                raw = Some(x.clone());
            }
            raw = raw.map(|raw| self.level(level, raw, std::slice::from_ref(&label), generated, pass)).transpose()?;
            let composed = level < layers;
            let maps = if composed {
                let of = |maps: &[Tensor<4>]| maps.get(level).cloned();
                vec![label, of(&reference), of(&projection), of(&previous)]
            } else {
                vec![label]
            };
            x = self.level(level, x, &maps, generated, pass)?;
        }
        let image = self.head(x)?;
        Ok((image, raw.map(|raw| self.head(raw)).transpose()?, None))
    }

    fn compose_linear(
        &self,
        start: Tensor<4>,
        labels: &[Tensor<4>],
        generated: &[GeneratedLayer],
        branches: &PartialSynthesis,
        pass: &mut Pass,
    ) -> Result<Composed, KernelError> {
        let mut x = start;
        for level in (0..self.blocks.len()).rev() {
            x = self.level(level, x, &[Some(labels[level].clone())], generated, pass)?;
        }
        let raw = self.head(x)?;
        if branches.reference.is_none() && branches.projection.is_none() && branches.previous.is_none() {
            return Ok((raw, None, None));
        }
        // The published code blends the warped pictures even where `no_warp` is set; that option then only changes what is returned.
        let blend = |image: Tensor<4>, branch: &Branch| {
            let weight = branch.weight.clone();
            image * weight.clone() + branch.warped.clone() * weight.neg().add_scalar(1.0)
        };
        let with_projection = branches.projection.as_ref().map(|branch| blend(raw.clone(), branch));
        let image = with_projection.clone().unwrap_or_else(|| raw.clone());
        let image = [&branches.reference, &branches.previous].into_iter().flatten().fold(image, blend);
        Ok((image, Some(raw), with_projection))
    }

    fn level(
        &self,
        level: usize,
        x: Tensor<4>,
        maps: &[Option<Tensor<4>>],
        generated: &[GeneratedLayer],
        pass: &mut Pass,
    ) -> Result<Tensor<4>, KernelError> {
        let x = self.blocks[level].forward(x, maps, generated.get(level), pass)?;
        pass.record_call(&format!("netG.up_{level}"), &x);
        if level > 0 { operation("upsampling", 0, || upsample_nearest(x)) } else { Ok(x) }
    }

    fn head(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        Ok(self.image_head.forward(lrelu(x))?.tanh())
    }

    /// The same network with constant weights: spectral and batch norms folded, weight generators joined.
    pub(super) fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        Ok(Self {
            encoder: self.encoder.prepare(precision)?,
            combiner: self.combiner.prepare(precision)?,
            attention: self.attention.map(|part| part.prepare(precision)).transpose()?,
            weight_generator: self.weight_generator.map(WeightGenerator::prepare),
            label_embedder: self.label_embedder.prepare(precision)?,
            blocks: self.blocks.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            // As cheap and as visible as the flow heads.
            image_head: self.image_head.prepare(Precision::F32)?,
            reference_embedder: self.reference_embedder.map(|part| part.prepare(precision)).transpose()?,
            projection_embedder: self.projection_embedder.map(|part| part.prepare(precision)).transpose()?,
            // Flows are multiplied by 20 pixels: rounded to bf16 they would move the picture visibly.
            flow_reference: self.flow_reference.map(|part| part.prepare(Precision::F32)).transpose()?,
            flow_projection: self.flow_projection.map(|part| part.prepare(Precision::F32)).transpose()?,
            flow_previous: self.flow_previous.map(|part| part.prepare(Precision::F32)).transpose()?,
            previous_embedder: self.previous_embedder.map(|part| part.prepare(precision)).transpose()?,
            entries: Vec::new(),
            ..self
        })
    }
}

type Composed = (Tensor<4>, Option<Tensor<4>>, Option<Tensor<4>>);

struct Branch {
    flow: Tensor<4>,
    weight: Tensor<4>,
    warped: Tensor<4>,
    shown: Tensor<4>,
}

#[derive(Default)]
struct PartialSynthesis {
    reference: Option<Branch>,
    projection: Option<Branch>,
    previous: Option<Branch>,
}
