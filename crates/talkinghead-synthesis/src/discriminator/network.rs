//! The multi-scale patch discriminator.

use burn::module::Module;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Tensor};

use super::DiscriminatorConfig;
use super::scale::Scale;
use crate::error::SynthesisError;
use crate::generator::Source;
use crate::layers::Pass;
use crate::weights::{Entry, WeightBuilder, Weights};

/// Judges pictures beside a reference picture, at one or more scales.
#[derive(Module, Debug)]
pub struct Discriminator {
    scales: Vec<Scale>,
    #[module(skip)]
    config: DiscriminatorConfig,
    #[module(skip)]
    entries: Vec<Entry>,
}

/// For every scale the outputs of all layers, each with the batch [fake; real]; the last one is the patch score.
pub type Features = Vec<Vec<Tensor<4>>>;

impl Discriminator {
    /// Builds a discriminator from weights.
    ///
    /// # Errors
    /// Weights that do not fit exactly.
    pub fn new(config: &DiscriminatorConfig, weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let mut builder = WeightBuilder::new(weights, device);
        let scales = (0..config.scales).map(|index| Scale::new(&mut builder, config, index)).collect();
        let entries = builder.finish()?;
        Ok(Self { scales, config: *config, entries })
    }

    /// Its design.
    pub fn config(&self) -> &DiscriminatorConfig {
        &self.config
    }

    /// Its state dict's entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Judges a fake and a real picture in one call.
    ///
    /// # Shapes
    /// Reference with its label, target label [batch, label, H, W], fake and real picture [batch, 3, H, W].
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn forward(
        &self,
        reference: &Source,
        label: &Tensor<4>,
        fake: Tensor<4>,
        real: Tensor<4>,
        pass: &mut Pass,
    ) -> Result<Features, SynthesisError> {
        let [batch, channels, height, width] = label.dims();
        let check = |name: &str, found: [usize; 4], channels: usize| {
            let wanted = [batch, channels, height, width];
            if found == wanted { Ok(()) } else { Err(SynthesisError::input(name, format!("{wanted:?}"), format!("{found:?}"))) }
        };
        if channels != self.config.label_channels {
            let wanted = format!("[batch, {}, height, width]", self.config.label_channels);
            return Err(SynthesisError::input("target label", wanted, format!("{:?}", label.dims())));
        }
        check("warp reference label", reference.label.dims(), channels)?;
        check("warp reference image", reference.image.dims(), 3)?;
        check("fake image", fake.dims(), 3)?;
        check("real image", real.dims(), 3)?;
        let twice = |x: Tensor<4>| Tensor::cat(vec![x.clone(), x], 0);
        let condition = twice(Tensor::cat(vec![reference.label.clone(), reference.image.clone()], 1));
        let picture = Tensor::cat(vec![fake, real], 0);
        self.judge(Some(condition), Tensor::cat(vec![twice(label.clone()), picture], 1), pass)
    }

    /// Judges stacks of consecutive fake and real frames in one call.
    ///
    /// # Shapes
    /// Both [batch, frames * 3, H, W].
    ///
    /// # Errors
    /// Shapes that differ, or another number of frames.
    pub fn forward_stack(&self, fake: Tensor<4>, real: Tensor<4>, pass: &mut Pass) -> Result<Features, SynthesisError> {
        let [batch, _, height, width] = fake.dims();
        let wanted = [batch, self.config.input_channels(), height, width];
        for (name, found) in [("fake frames", fake.dims()), ("real frames", real.dims())] {
            if found != wanted {
                return Err(SynthesisError::input(name, format!("{wanted:?}"), format!("{found:?}")));
            }
        }
        self.judge(None, Tensor::cat(vec![fake, real], 0), pass)
    }

    fn judge(&self, mut condition: Option<Tensor<4>>, mut input: Tensor<4>, pass: &mut Pass) -> Result<Features, SynthesisError> {
        let mut features = Vec::with_capacity(self.scales.len());
        for (index, scale) in self.scales.iter().enumerate() {
            if index > 0 {
                condition = condition.map(halve);
                input = halve(input);
            }
            features.push(scale.forward(condition.clone(), input.clone(), pass)?);
        }
        Ok(features)
    }
}

/// Average over 3x3 with stride 2; padding is not counted.
fn halve(x: Tensor<4>) -> Tensor<4> {
    let mut options = AvgPoolOptions::new([3, 3]);
    options.stride = [2, 2];
    options.padding = [(1, 1); 2];
    options.count_include_pad = false;
    avg_pool2d(x, options)
}
