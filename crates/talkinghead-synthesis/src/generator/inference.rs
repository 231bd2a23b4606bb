//! The generator as it is used: constant weights, references encoded once per clip.

use burn::module::Module;
use burn::tensor::Device;
use talkinghead_kernels::Precision;

use super::{EncodedReferences, Generator, GeneratorConfig, RawImage, References, Synthesis, Targets};
use crate::error::SynthesisError;
use crate::layers::{Mode, Pass};
use crate::weights::Weights;

/// A generator for inference: spectral and batch norms folded into the weights, nothing trainable.
#[derive(Debug, Clone)]
pub struct InferenceGenerator {
    network: Generator,
    side: usize,
}

/// Side of the published networks' pictures, pixels.
pub const USUAL_SIDE: usize = 256;

impl InferenceGenerator {
    /// Builds from weights.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn new(config: &GeneratorConfig, weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        Self::with_precision(config, weights, device, Precision::F32)
    }

    /// The same with convolutions of that precision on the processor; other devices compute in f32.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn with_precision(
        config: &GeneratorConfig,
        weights: Weights,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, SynthesisError> {
        let network = Generator::new(config, weights, &device.clone().without_autodiff())?;
        Self::prepared(network, precision)
    }

    fn prepared(network: Generator, precision: Precision) -> Result<Self, SynthesisError> {
        let plain = network.valid();
        // So that each original weight is freed as soon as its folded copy exists.
        drop(network);
        Ok(Self { network: plain.prepare(precision)?, side: USUAL_SIDE })
    }

    /// The same for pictures of another side, pixels: that of the pictures it learned from.
    ///
    /// # Errors
    /// A side that the network cannot halve often enough.
    pub fn for_side(self, side: usize) -> Result<Self, SynthesisError> {
        let divisor = self.config().size_divisor();
        if side == 0 || side > 4096 || !side.is_multiple_of(divisor) {
            let wanted = format!("a multiple of {divisor}, at most 4096");
            return Err(SynthesisError::input("side of the pictures", wanted, side.to_string()));
        }
        Ok(Self { side, ..self })
    }

    /// Side of the pictures that it is shown and makes, pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Its design.
    pub fn config(&self) -> &GeneratorConfig {
        self.network.config()
    }

    /// Everything that does not depend on the target, once per clip.
    ///
    /// # Errors
    /// References of the wrong shape or number.
    pub fn encode_references(&self, references: &References) -> Result<EncodedReferences, SynthesisError> {
        self.network.encode_references(references, &mut Pass::new(Mode::Evaluation))
    }

    /// One frame per target.
    ///
    /// # Errors
    /// Targets that do not fit the references or the network.
    pub fn synthesise(
        &self,
        encoded: &EncodedReferences,
        targets: &Targets,
        raw_image: RawImage,
    ) -> Result<Synthesis, SynthesisError> {
        self.network.synthesise(encoded, targets, raw_image, &mut Pass::new(Mode::Evaluation))
    }

    /// The network, for passes that count or record.
    pub fn network(&self) -> &Generator {
        &self.network
    }
}

impl TryFrom<Generator> for InferenceGenerator {
    type Error = SynthesisError;

    fn try_from(network: Generator) -> Result<Self, SynthesisError> {
        Self::prepared(network, Precision::F32)
    }
}
