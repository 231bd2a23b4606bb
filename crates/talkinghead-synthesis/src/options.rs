//! Options under the names of the published code: read from its `opt.txt`, from JSON, from the command line, and from what
//! a checkpoint's shapes reveal.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::SynthesisError;
use crate::generator::{
    AdaptiveLayers, Composition, EmbedderShape, Embedding, FlowConfig, FlowUpsampling, GeneratorConfig, GridAlignment, Warping,
};
use crate::layers::NormalisationKind;

/// Longest option file that is read, bytes.
const LONGEST_FILE: usize = 4 << 20;

/// Named options; values as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    values: BTreeMap<String, String>,
}

impl Options {
    /// None at all: every option has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `opt.txt` (lines `name: value`) or a JSON object, by content.
    ///
    /// # Errors
    /// Unreadable files and lines without a colon.
    pub fn read(path: &Path) -> Result<Self, SynthesisError> {
        let bytes = std::fs::read(path).map_err(|source| SynthesisError::io(path, source))?;
        if bytes.len() > LONGEST_FILE {
            return Err(SynthesisError::malformed(path, format!("an option file of {} bytes is too long", bytes.len())));
        }
        let text = String::from_utf8(bytes).map_err(|_| SynthesisError::malformed(path, "not text in UTF-8"))?;
        Self::parse(&text).map_err(|reason| SynthesisError::malformed(path, reason))
    }

    /// Parses the text of an `opt.txt` or of a JSON object.
    ///
    /// # Errors
    /// Says which line is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            let value: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("no valid JSON: {error}"))?;
            let object = value.get("options").and_then(|options| options.as_object()).or(value.as_object());
            return Ok(object.map(Self::from_json).unwrap_or_default());
        }
        let mut options = Self::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with("---") {
                continue;
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| format!("line {}: `{line}` is no `name: value`", number + 1))?;
            // Newer versions print the default after a value that differs from it.
            let value = value.split("[default:").next().unwrap_or(value);
            options.set(name.trim(), value.trim());
        }
        Ok(options)
    }

    /// From a JSON object.
    pub fn from_json(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        let values = object
            .iter()
            .map(|(name, value)| {
                let text = match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                (name.clone(), text)
            })
            .collect();
        Self { values }
    }

    /// Sets one option.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.values.insert(name.into(), value.to_string());
    }

    /// One option's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As a JSON object of texts.
    pub fn to_json(&self) -> String {
        serde_json::Value::from_iter(self.values.iter().map(|(name, value)| (name.clone(), value.clone()))).to_string()
    }

    /// An integer option.
    ///
    /// # Errors
    /// If the value is none.
    pub fn integer(&self, name: &str, default: i64) -> Result<i64, SynthesisError> {
        self.parsed(name, default, "a whole number")
    }

    /// A number option.
    ///
    /// # Errors
    /// If the value is none.
    pub fn number(&self, name: &str, default: f64) -> Result<f64, SynthesisError> {
        self.parsed(name, default, "a number")
    }

    /// A size or count.
    ///
    /// # Errors
    /// If the value is no whole number of at least 0.
    pub fn count(&self, name: &str, default: usize) -> Result<usize, SynthesisError> {
        self.parsed(name, default, "a whole number of at least 0")
    }

    /// A switch; off unless set.
    ///
    /// # Errors
    /// If the value is neither true nor false.
    pub fn flag(&self, name: &str) -> Result<bool, SynthesisError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" | "none" | "" => Ok(false),
                _ => Err(SynthesisError::Configuration(format!("{name} = {text}: wanted True or False"))),
            },
        }
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, default: T, wanted: &str) -> Result<T, SynthesisError> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| SynthesisError::Configuration(format!("{name} = {text}: wanted {wanted}"))),
        }
    }

    fn must_be(&self, name: &str, only: i64, why: &str) -> Result<(), SynthesisError> {
        let value = self.integer(name, only)?;
        if value == only { Ok(()) } else { Err(SynthesisError::Configuration(format!("{name} = {value}: {why}"))) }
    }

    /// The generator that these options describe. Options that are not set have the published defaults.
    ///
    /// # Errors
    /// Impossible values, by name; see [`GeneratorConfig::validate`].
    pub fn generator(&self) -> Result<GeneratorConfig, SynthesisError> {
        self.must_be("conv_ks", 3, "only 3 works, because padding is fixed at 1")?;
        self.must_be("output_nc", 3, "pictures have 3 channels")?;
        let embedding = match (self.flag("use_new")?, self.flag("no_atten")?) {
            (true, false) => Embedding::Hybrid,
            (true, true) => Embedding::HybridMean,
            (false, false) => Embedding::Attention,
            (false, true) => Embedding::Mean,
        };
        let downsamplings = self.count("n_downsample_G", 5)?;
        let adaptive = if self.flag("adaptive_spade")? {
            let layers = match self.integer("n_adaptive_layers", 4)? {
                -1 => downsamplings,
                layers => usize::try_from(layers).map_err(|_| {
                    SynthesisError::Configuration(format!("n_adaptive_layers = {layers}: wanted -1 (all) or at least 0"))
                })?,
            };
            Some(AdaptiveLayers {
                layers,
                extra_linear_layers: self.count("n_fc_layers", 2)?,
                label_embedder: !self.flag("no_adaptive_embed")?,
            })
        } else {
            None
        };
        let nonlinear = self.flag("spade_combine")?;
        let config = GeneratorConfig {
            label_channels: self.count("input_nc", 1)?,
            label_classes: self.count("label_nc", 0)?,
            width: self.count("ngf", 32)?,
            downsamplings,
            shots: self.count("n_shot", 1)?,
            embedding,
            merge_depth: self.count("n_downsample_A", 2)?,
            normalisation: self.generator_norm()?,
            spade_kernel: self.count("spade_ks", 1)?,
            embed_kernel: self.count("embed_ks", 1)?,
            adaptive,
            label_embedder: self.embedder("netS", EmbedderShape::EncoderDecoder)?,
            composition: if nonlinear { Composition::Nonlinear } else { Composition::Linear },
            composition_layers: self.count("n_sc_layers", 2)?,
            composition_embedder: self.embedder("sc_arch", EmbedderShape::Encoder)?,
            raw_image: nonlinear && self.flag("add_raw_loss")?,
            warp_reference: self.flag("warp_ref")?,
            warp_projection: self.flag("warp_ani")?,
            warping: if self.flag("no_warp")? { Warping::Unwarped } else { Warping::Warped },
            flow: FlowConfig {
                width: self.count("nff", 32)?,
                downsamplings: self.count("n_downsample_F", 3)?,
                blocks: self.count("n_blocks_F", 6)?,
                normalisation: self.flow_norm()?,
                multiplier: self.number("flow_multiplier", 20.0)?,
                upsampling: if self.flag("flow_deconv")? { FlowUpsampling::Transposed } else { FlowUpsampling::Nearest },
            },
            grid: match self.get("grid_align_corners") {
                Some(_) if !self.flag("grid_align_corners")? => GridAlignment::Edges,
                _ => GridAlignment::Corners,
            },
        };
        config.validate()?;
        Ok(config)
    }

    fn embedder(&self, name: &str, default: EmbedderShape) -> Result<EmbedderShape, SynthesisError> {
        match self.get(name) {
            None => Ok(default),
            Some("encoder") => Ok(EmbedderShape::Encoder),
            Some("encoderdecoder") => Ok(EmbedderShape::EncoderDecoder),
            Some(other) => Err(SynthesisError::Configuration(format!("{name} = {other}: wanted `encoder` or `encoderdecoder`"))),
        }
    }

    fn generator_norm(&self) -> Result<NormalisationKind, SynthesisError> {
        let text = self.get("norm_G").unwrap_or("spectralspadesyncbatch");
        match text.replace("spectral", "").replace("spade", "").as_str() {
            "syncbatch" | "batch" => Ok(NormalisationKind::Batch),
            "instance" => Ok(NormalisationKind::Instance),
            _ => Err(SynthesisError::Configuration(format!(
                "norm_G = {text}: wanted `spectralspade` followed by syncbatch, batch or instance"
            ))),
        }
    }

    fn flow_norm(&self) -> Result<NormalisationKind, SynthesisError> {
        match self.get("norm_F").unwrap_or("spectralsyncbatch") {
            "spectralsyncbatch" | "spectralbatch" => Ok(NormalisationKind::Batch),
            "spectralinstance" => Ok(NormalisationKind::Instance),
            other => Err(SynthesisError::Configuration(format!(
                "norm_F = {other}: wanted spectralsyncbatch, spectralbatch or spectralinstance"
            ))),
        }
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
        assert_eq!(Options::from(&config).generator().unwrap(), config);
        let other = GeneratorConfig {
            embedding: Embedding::Mean,
            adaptive: None,
            composition: Composition::Linear,
            raw_image: false,
            normalisation: NormalisationKind::Instance,
            warping: Warping::Unwarped,
            grid: GridAlignment::Edges,
            ..config
        };
        assert_eq!(Options::from(&other).generator().unwrap(), other);
    }

    #[test]
    fn the_published_option_file_is_read() {
        let text = "------------ Options -------------\nngf: 16\nuse_new: True\nn_shot: 4\t[default: 1]\nname: a:b\n-------------- End ----------------\n";
        let options = Options::parse(text).unwrap();
        let config = options.generator().unwrap();
        assert_eq!((config.width, config.shots, config.embedding), (16, 4, Embedding::Hybrid));
        assert_eq!(options.get("name"), Some("a:b"));
        assert!(Options::parse("no colon here").is_err());
        for (name, value) in
            [("conv_ks", "5"), ("norm_F", "spectral"), ("norm_G", "spectralspade"), ("output_nc", "1"), ("ngf", "-3")]
        {
            let mut options = options.clone();
            options.set(name, value);
            assert!(options.generator().unwrap_err().to_string().contains(name));
        }
    }
}
