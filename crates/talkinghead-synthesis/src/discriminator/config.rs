//! What kind of discriminator.

use crate::error::SynthesisError;
use crate::options::Options;
use crate::weights::StateDict;

/// Structure of one scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleKind {
    /// A stack of convolutions over condition and picture.
    Layers,
    /// The first layer's weights are generated from the condition.
    Adaptive {
        /// Side of the square to which the encoded condition is pooled.
        pooled: usize,
    },
}

/// Normalisation of the middle layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscriminatorNorm {
    /// Spectral and instance norm; these convolutions have no bias.
    SpectralInstance,
    /// Spectral norm only.
    Spectral,
}

/// A discriminator's design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscriminatorConfig {
    /// Channels of a label map.
    pub label_channels: usize,
    /// Width of the first layer.
    pub width: usize,
    /// Strided layers plus the last hidden one.
    pub layers: usize,
    /// Number of scales, each at half the size of the one before.
    pub scales: usize,
    /// Structure of a scale.
    pub kind: ScaleKind,
    /// Normalisation.
    pub norm: DiscriminatorNorm,
    /// Consecutive frames that it judges together, by themselves; 0 for one that judges a picture beside a reference and its label.
    pub stacked_frames: usize,
}

impl DiscriminatorConfig {
    /// From options under the published names.
    ///
    /// # Errors
    /// Impossible values, by name.
    pub fn from_options(options: &Options) -> Result<Self, SynthesisError> {
        let wrong = |text: String| Err(SynthesisError::Configuration(text));
        match options.get("which_model_netD") {
            None | Some("multiscale") => {}
            Some(other) => return wrong(format!("which_model_netD = {other}: only multiscale exists")),
        }
        let kind = match options.get("netD_subarch").unwrap_or("n_layers") {
            "n_layers" => ScaleKind::Layers,
            "adaptive" => {
                let adaptive = options.count("adaptive_D_layers", 1)?;
                if adaptive != 1 {
                    return wrong(format!("adaptive_D_layers = {adaptive}: only 1 is described"));
                }
                ScaleKind::Adaptive { pooled: options.count("fineSize", 512)? / 8 }
            }
            other => return wrong(format!("netD_subarch = {other}: wanted n_layers or adaptive")),
        };
        let norm = match options.get("norm_D").unwrap_or("spectralinstance") {
            "spectralinstance" => DiscriminatorNorm::SpectralInstance,
            "spectral" => DiscriminatorNorm::Spectral,
            other => return wrong(format!("norm_D = {other}: wanted spectralinstance or spectral")),
        };
        let classes = options.count("label_nc", 0)?;
        let config = Self {
            label_channels: if classes > 0 { classes } else { options.count("input_nc", 1)? },
            width: options.count("ndf", 32)?,
            layers: options.count("n_layers_D", 4)?,
            scales: options.count("num_D", 1)?,
            kind,
            norm,
            stacked_frames: 0,
        };
        let in_range = (1..=1024).contains(&config.width)
            && (1..=12).contains(&config.layers)
            && (1..=8).contains(&config.scales)
            && (1..=4096).contains(&config.label_channels);
        if !in_range {
            return wrong(format!(
                "ndf = {} (1 to 1024), n_layers_D = {} (1 to 12), num_D = {} (1 to 8), label channels = {} (1 to 4096): out of range",
                config.width, config.layers, config.scales, config.label_channels
            ));
        }
        if config.kind == (ScaleKind::Adaptive { pooled: 0 }) {
            return wrong("fineSize must be at least 8 for the adaptive discriminator".into());
        }
        Ok(config)
    }

    /// The design that a state dict's shapes show; none where it holds no discriminator of layers.
    pub fn of_shapes(dict: &StateDict) -> Option<Self> {
        let first = dict.shape("discriminator_0.model0.0.weight")?;
        let (width, input) = (*first.first()?, *first.get(1)?);
        let count = |name: &dyn Fn(usize) -> String| (0..32).take_while(|i| dict.contains_prefix(&name(*i))).count();
        let norm = if dict.contains("discriminator_0.model1.0.0.weight_orig") {
            DiscriminatorNorm::SpectralInstance
        } else {
            DiscriminatorNorm::Spectral
        };
        Some(Self {
            label_channels: (input / 2).checked_sub(3)?,
            width,
            layers: count(&|i| format!("discriminator_0.model{i}.")).checked_sub(2)?,
            scales: count(&|i| format!("discriminator_{i}.")),
            kind: ScaleKind::Layers,
            norm,
            stacked_frames: 0,
        })
    }

    /// The smallest one: for where none is asked.
    pub fn smallest() -> Self {
        Self {
            label_channels: 1,
            width: 1,
            layers: 1,
            scales: 1,
            kind: ScaleKind::Layers,
            norm: DiscriminatorNorm::SpectralInstance,
            stacked_frames: 0,
        }
    }

    /// The published temporal discriminator beside this one: one scale that looks at `frames` consecutive frames.
    pub fn of_frames(self, frames: usize) -> Self {
        Self { scales: 1, kind: ScaleKind::Layers, stacked_frames: frames.max(1), ..self }
    }

    /// Channels that a scale sees.
    pub fn input_channels(&self) -> usize {
        match self.stacked_frames {
            0 => 2 * (self.label_channels + 3),
            frames => 3 * frames,
        }
    }

    /// Width of layer `layer`.
    pub fn channels(&self, layer: usize) -> usize {
        const WIDEST: usize = 512;
        (self.width << layer).min(WIDEST.max(self.width))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::discriminator::Discriminator;
    use crate::weights::{Weights, state_dict_of};

    #[test]
    fn shapes_show_the_design() {
        for (layers, scales, norm) in [(4, 1, DiscriminatorNorm::SpectralInstance), (2, 3, DiscriminatorNorm::Spectral)] {
            let config = DiscriminatorConfig { width: 4, layers, scales, norm, ..DiscriminatorConfig::smallest() };
            let network = Discriminator::new(&config, Weights::Zeros, &burn::tensor::Device::flex()).unwrap();
            assert_eq!(DiscriminatorConfig::of_shapes(&state_dict_of(&network, network.entries()).unwrap()), Some(config));
        }
        assert_eq!(DiscriminatorConfig::of_shapes(&StateDict::new()), None);
    }
}
