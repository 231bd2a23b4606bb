//! The five networks behind one another.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::layers::resize_bilinear;
use talkinghead_synthesis::weights::{WeightBuilder, Weights, read_weights};

use super::correlated::CorrelatedFlowNet;
use super::decoder::Pyramid;
use super::fusion::FusionNet;
use super::simple::SimpleFlowNet;
use super::small_displacements::SmallDisplacementFlowNet;
use crate::flow::fingerprint::fingerprint;
use crate::flow::sampling::{channel_norm, repeat_pixels, resample};

/// Pixels for a flow of one, in the networks' own units.
const DIVISOR: f64 = 20.0;
/// Sides must be multiples of this.
pub(crate) const SIDE_STEP: usize = 64;

/// FlowNet2. Without gradients.
#[derive(Debug)]
pub struct FlowNet2 {
    correlated: CorrelatedFlowNet,
    simple: [SimpleFlowNet; 2],
    small: SmallDisplacementFlowNet,
    fusion: FusionNet,
    fingerprint: u64,
}

/// The flow, and what lies before it.
#[derive(Debug, Clone)]
pub struct FlowNet2Stages {
    /// The result, pixels, `[batch, 2, h, w]`.
    pub flow: Tensor<4>,
    /// Features of the second picture in FlowNetC, `[batch, 256, h / 8, w / 8]`.
    pub features: Tensor<4>,
    /// Correlation before its activation, `[batch, 441, h / 8, w / 8]`.
    pub correlation: Tensor<4>,
    /// FlowNetC's flow at a quarter of the size, `[batch, 2, h / 4, w / 4]`.
    pub correlated: Tensor<4>,
    /// FlowNetC's flows from a 64th to an 8th of the size.
    pub coarse: Vec<Tensor<4>>,
    /// The second picture, mean removed, warped by FlowNetC's flow, `[batch, 3, h, w]`.
    pub warped: Tensor<4>,
    /// Flows at a quarter of the size of both FlowNetS, `[batch, 2, h / 4, w / 4]`.
    pub simple: [Tensor<4>; 2],
    /// The same of FlowNetSD.
    pub small: Tensor<4>,
}

impl FlowNet2 {
    /// Builds the network from weights under the public checkpoint's keys.
    ///
    /// # Errors
    /// Every missing, unexpected, misshapen or non-finite tensor.
    pub fn new(weights: Weights, device: &Device) -> Result<Self, SynthesisError> {
        let fingerprint = fingerprint(&weights);
        let mut builder = WeightBuilder::new(weights, device);
        let correlated = CorrelatedFlowNet::new(&mut builder)?;
        let first = SimpleFlowNet::new(&mut builder, "flownets_1")?;
        let second = SimpleFlowNet::new(&mut builder, "flownets_2")?;
        let small = SmallDisplacementFlowNet::new(&mut builder)?;
        let fusion = FusionNet::new(&mut builder)?;
        builder.finish()?;
        Ok(Self { correlated, simple: [first, second], small, fusion, fingerprint })
    }

    /// Reads the public checkpoint (`FlowNet2_checkpoint.pth.tar`), or the same tensors in a safetensors file.
    ///
    /// # Errors
    /// As [`FlowNet2::new`], and files that cannot be read.
    pub fn read(path: &Path, device: &Device) -> Result<Self, SynthesisError> {
        Self::new(Weights::Checkpoint(read_weights(path)?.0), device)
    }

    /// A number that tells its weights from others.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Flow from `first` to `second`, `[batch, 3, h, w]`, whose sides are multiples of 64; only their contrast matters, not their mean.
    ///
    /// # Errors
    /// Pictures of another shape.
    pub fn flow(&self, first: Tensor<4>, second: Tensor<4>) -> Result<Tensor<4>, SynthesisError> {
        Ok(self.stages(first, second)?.flow)
    }

    /// The same, with what lies before it.
    ///
    /// # Errors
    /// Pictures of another shape.
    pub fn stages(&self, first: Tensor<4>, second: Tensor<4>) -> Result<FlowNet2Stages, SynthesisError> {
        check_pictures(&first, &second, SIDE_STEP, SIDE_STEP)?;
        let [_, _, height, width] = first.dims();
        let [first, second] = without_mean(first, second);
        let both = Tensor::cat(vec![first.clone(), second.clone()], 1);

        let found = self.correlated.forward(first.clone(), second.clone())?;
        let Pyramid { coarse, finest: correlated } = found.pyramid;
        let correct = |network: &SimpleFlowNet, rough: Tensor<4>| -> Result<[Tensor<4>; 2], SynthesisError> {
            let flow = resize_bilinear(rough.mul_scalar(DIVISOR), height, width);
            let warped = resample(second.clone(), flow.clone());
            let error = channel_norm(first.clone() - warped.clone());
            let seen = vec![both.clone(), warped.clone(), flow.div_scalar(DIVISOR), error];
            Ok([network.forward(Tensor::cat(seen, 1))?.finest, warped])
        };
        let [once, warped] = correct(&self.simple[0], correlated.clone())?;
        let [twice, _] = correct(&self.simple[1], once.clone())?;
        let small = self.small.forward(both)?.finest;
        let large_flow = repeat_pixels(twice.clone().mul_scalar(DIVISOR), 4);
        // Divided, not multiplied: this network was trained with another scale.
        let small_flow = repeat_pixels(small.clone().div_scalar(DIVISOR), 4);
        let error = |flow: &Tensor<4>| channel_norm(first.clone() - resample(second.clone(), flow.clone()));
        let (small_error, large_error) = (error(&small_flow), error(&large_flow));
        let norms = [channel_norm(small_flow.clone()), channel_norm(large_flow.clone())];
        let [small_norm, large_norm] = norms;
        let seen = vec![first, small_flow, large_flow, small_norm, large_norm, small_error, large_error];
        let flow = self.fusion.forward(Tensor::cat(seen, 1))?;
        Ok(FlowNet2Stages {
            flow,
            features: found.features,
            correlation: found.correlation,
            correlated,
            coarse,
            warped,
            simple: [once, twice],
            small,
        })
    }
}

/// Two pictures of one shape whose sides are multiples of `step` and at least `least`.
pub(crate) fn check_pictures(first: &Tensor<4>, second: &Tensor<4>, step: usize, least: usize) -> Result<(), SynthesisError> {
    let [batch, channels, height, width] = first.dims();
    if channels != 3 || batch == 0 || first.dims() != second.dims() {
        let found = format!("{:?} and {:?}", first.dims(), second.dims());
        return Err(SynthesisError::input("pictures", "two of [batch, 3, height, width]", found));
    }
    let fits = |side: usize| side >= least && side.is_multiple_of(step);
    if !fits(height) || !fits(width) {
        let wanted = format!("height and width that are multiples of {step}, at least {least}");
        return Err(SynthesisError::input("pictures", wanted, format!("{height} x {width}")));
    }
    Ok(())
}

/// Both pictures without their common mean of each sample and channel.
fn without_mean(first: Tensor<4>, second: Tensor<4>) -> [Tensor<4>; 2] {
    let mean = |x: &Tensor<4>| x.clone().mean_dim(2).mean_dim(3);
    let middle = (mean(&first) + mean(&second)).div_scalar(2.0);
    [first - middle.clone(), second - middle]
}
