//! Networks from options under the published names, and the way back.

pub use talkinghead_formats::Options;

use crate::error::SynthesisError;
use crate::generator::{
    AdaptiveLayers, Composition, EmbedderShape, Embedding, FlowConfig, FlowUpsampling, GeneratorConfig, GridAlignment, Warping,
};
use crate::layers::NormalisationKind;

/// Every option that a generator's design has; option files hold many more.
pub const GENERATOR_OPTIONS: [&str; 34] = [
    "input_nc",
    "label_nc",
    "output_nc",
    "ngf",
    "n_downsample_G",
    "n_shot",
    "use_new",
    "no_atten",
    "n_downsample_A",
    "norm_G",
    "conv_ks",
    "spade_ks",
    "embed_ks",
    "adaptive_spade",
    "n_adaptive_layers",
    "n_fc_layers",
    "no_adaptive_embed",
    "netS",
    "spade_combine",
    "n_sc_layers",
    "sc_arch",
    "add_raw_loss",
    "warp_ref",
    "warp_ani",
    "no_warp",
    "nff",
    "n_downsample_F",
    "n_blocks_F",
    "norm_F",
    "flow_multiplier",
    "flow_deconv",
    "grid_align_corners",
    "warp_prev",
    "n_frames_G",
];

impl GeneratorConfig {
    /// The generator that these options describe. Options that are not set have the published defaults.
    ///
    /// # Errors
    /// Impossible values, by name; see [`GeneratorConfig::validate`].
    pub fn from_options(options: &Options) -> Result<Self, SynthesisError> {
        must_be(options, "conv_ks", 3, "only 3 works, because padding is fixed at 1")?;
        must_be(options, "output_nc", 3, "pictures have 3 channels")?;
        let embedding = match (options.flag("use_new")?, options.flag("no_atten")?) {
            (true, false) => Embedding::Hybrid,
            (true, true) => Embedding::HybridMean,
            (false, false) => Embedding::Attention,
            (false, true) => Embedding::Mean,
        };
        let downsamplings = options.count("n_downsample_G", 5)?;
        let adaptive = if options.flag("adaptive_spade")? {
            let layers = match options.integer("n_adaptive_layers", 4)? {
                -1 => downsamplings,
                layers => usize::try_from(layers).map_err(|_| {
                    SynthesisError::Configuration(format!("n_adaptive_layers = {layers}: wanted -1 (all) or at least 0"))
                })?,
            };
            Some(AdaptiveLayers {
                layers,
                extra_linear_layers: options.count("n_fc_layers", 2)?,
                label_embedder: !options.flag("no_adaptive_embed")?,
            })
        } else {
            None
        };
        let nonlinear = options.flag("spade_combine")?;
        let config = Self {
            label_channels: options.count("input_nc", 1)?,
            label_classes: options.count("label_nc", 0)?,
            width: options.count("ngf", 32)?,
            downsamplings,
            shots: options.count("n_shot", 1)?,
            embedding,
            merge_depth: options.count("n_downsample_A", 2)?,
            normalisation: generator_norm(options)?,
            spade_kernel: options.count("spade_ks", 1)?,
            embed_kernel: options.count("embed_ks", 1)?,
            adaptive,
            label_embedder: embedder(options, "netS", EmbedderShape::EncoderDecoder)?,
            composition: if nonlinear { Composition::Nonlinear } else { Composition::Linear },
            composition_layers: options.count("n_sc_layers", 2)?,
            composition_embedder: embedder(options, "sc_arch", EmbedderShape::Encoder)?,
            raw_image: nonlinear && options.flag("add_raw_loss")?,
            warp_reference: options.flag("warp_ref")?,
            warp_projection: options.flag("warp_ani")?,
            warping: if options.flag("no_warp")? { Warping::Unwarped } else { Warping::Warped },
            flow: FlowConfig {
                width: options.count("nff", 32)?,
                downsamplings: options.count("n_downsample_F", 3)?,
                blocks: options.count("n_blocks_F", 6)?,
                normalisation: flow_norm(options)?,
                multiplier: options.number("flow_multiplier", 20.0)?,
                upsampling: if options.flag("flow_deconv")? { FlowUpsampling::Transposed } else { FlowUpsampling::Nearest },
            },
            grid: match options.get("grid_align_corners") {
                Some(_) if !options.flag("grid_align_corners")? => GridAlignment::Edges,
                _ => GridAlignment::Corners,
            },
            // `n_frames_G` alone says nothing: published option files hold it for networks that never reached the temporal stage.
            previous_frames: if options.flag("warp_prev")? { previous_frames(options)? } else { 0 },
        };
        config.validate()?;
        Ok(config)
    }
}

fn previous_frames(options: &Options) -> Result<usize, SynthesisError> {
    match options.count("n_frames_G", 2)? {
        frames @ 2.. => Ok(frames - 1),
        frames => Err(SynthesisError::Configuration(format!(
            "n_frames_G = {frames}: a network that warps the previous frame (warp_prev) is shown at least 2"
        ))),
    }
}

fn must_be(options: &Options, name: &str, only: i64, why: &str) -> Result<(), SynthesisError> {
    let value = options.integer(name, only)?;
    if value == only { Ok(()) } else { Err(SynthesisError::Configuration(format!("{name} = {value}: {why}"))) }
}

fn embedder(options: &Options, name: &str, default: EmbedderShape) -> Result<EmbedderShape, SynthesisError> {
    match options.get(name) {
        None => Ok(default),
        Some("encoder") => Ok(EmbedderShape::Encoder),
        Some("encoderdecoder") => Ok(EmbedderShape::EncoderDecoder),
        Some(other) => Err(SynthesisError::Configuration(format!("{name} = {other}: wanted `encoder` or `encoderdecoder`"))),
    }
}

fn generator_norm(options: &Options) -> Result<NormalisationKind, SynthesisError> {
    let text = options.get("norm_G").unwrap_or("spectralspadesyncbatch");
    match text.replace("spectral", "").replace("spade", "").as_str() {
        "syncbatch" | "batch" => Ok(NormalisationKind::Batch),
        "instance" => Ok(NormalisationKind::Instance),
        _ => Err(SynthesisError::Configuration(format!(
            "norm_G = {text}: wanted `spectralspade` followed by syncbatch, batch or instance"
        ))),
    }
}

fn flow_norm(options: &Options) -> Result<NormalisationKind, SynthesisError> {
    match options.get("norm_F").unwrap_or("spectralsyncbatch") {
        "spectralsyncbatch" | "spectralbatch" => Ok(NormalisationKind::Batch),
        "spectralinstance" => Ok(NormalisationKind::Instance),
        other => Err(SynthesisError::Configuration(format!(
            "norm_F = {other}: wanted spectralsyncbatch, spectralbatch or spectralinstance"
        ))),
    }
}

impl From<&GeneratorConfig> for Options {
    fn from(config: &GeneratorConfig) -> Self {
        let mut options = Self::new();
        let shape = |shape: EmbedderShape| match shape {
            EmbedderShape::Encoder => "encoder",
            EmbedderShape::EncoderDecoder => "encoderdecoder",
        };
        let norm = |kind: NormalisationKind| match kind {
            NormalisationKind::Batch => "syncbatch",
            NormalisationKind::Instance => "instance",
        };
        options.set("input_nc", config.label_channels);
        options.set("label_nc", config.label_classes);
        options.set("ngf", config.width);
        options.set("n_downsample_G", config.downsamplings);
        options.set("n_shot", config.shots);
        options.set("use_new", config.embedding.is_hybrid());
        options.set("no_atten", !config.embedding.has_attention());
        options.set("n_downsample_A", config.merge_depth);
        options.set("norm_G", format!("spectralspade{}", norm(config.normalisation)));
        options.set("spade_ks", config.spade_kernel);
        options.set("embed_ks", config.embed_kernel);
        options.set("adaptive_spade", config.adaptive.is_some());
        if let Some(adaptive) = config.adaptive {
            options.set("n_adaptive_layers", adaptive.layers);
            options.set("n_fc_layers", adaptive.extra_linear_layers);
            options.set("no_adaptive_embed", !adaptive.label_embedder);
        }
        options.set("netS", shape(config.label_embedder));
        options.set("spade_combine", config.composition == Composition::Nonlinear);
        options.set("n_sc_layers", config.composition_layers);
        options.set("sc_arch", shape(config.composition_embedder));
        options.set("add_raw_loss", config.raw_image);
        options.set("warp_ref", config.warp_reference);
        options.set("warp_ani", config.warp_projection);
        options.set("no_warp", config.warping == Warping::Unwarped);
        options.set("nff", config.flow.width);
        options.set("n_downsample_F", config.flow.downsamplings);
        options.set("n_blocks_F", config.flow.blocks);
        options.set("norm_F", format!("spectral{}", norm(config.flow.normalisation)));
        options.set("flow_multiplier", config.flow.multiplier);
        options.set("flow_deconv", config.flow.upsampling == FlowUpsampling::Transposed);
        options.set("grid_align_corners", config.grid == GridAlignment::Corners);
        options.set("warp_prev", config.previous_frames > 0);
        options.set("n_frames_G", config.previous_frames + 1);
        options
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_configuration_survives_the_way_through_options() {
        let config = GeneratorConfig::default();
        assert_eq!(GeneratorConfig::from_options(&Options::from(&config)).unwrap(), config);
        let other = GeneratorConfig {
            embedding: Embedding::Mean,
            adaptive: None,
            composition: Composition::Linear,
            raw_image: false,
            normalisation: NormalisationKind::Instance,
            warping: Warping::Unwarped,
            grid: GridAlignment::Edges,
            previous_frames: 2,
            ..config
        };
        assert_eq!(GeneratorConfig::from_options(&Options::from(&other)).unwrap(), other);
    }

    #[test]
    fn every_option_has_a_name() {
        let written = Options::from(&GeneratorConfig::default());
        assert!(written.iter().all(|(name, _)| GENERATOR_OPTIONS.contains(&name)));
        assert_eq!(written.iter().count() + 2, GENERATOR_OPTIONS.len(), "conv_ks and output_nc have one value each");
    }

    #[test]
    fn the_published_option_file_is_read() {
        let text = "------------ Options -------------\nngf: 16\nuse_new: True\nn_shot: 4\t[default: 1]\nname: a:b\n-------------- End ----------------\n";
        let options = Options::parse(text).unwrap();
        let config = GeneratorConfig::from_options(&options).unwrap();
        assert_eq!((config.width, config.shots, config.embedding), (16, 4, Embedding::Hybrid));
        for (name, value) in
            [("conv_ks", "5"), ("norm_F", "spectral"), ("norm_G", "spectralspade"), ("output_nc", "1"), ("ngf", "-3")]
        {
            let mut options = options.clone();
            options.set(name, value);
            assert!(GeneratorConfig::from_options(&options).unwrap_err().to_string().contains(name));
        }
    }
}
