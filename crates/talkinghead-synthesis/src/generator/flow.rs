//! Flow estimation: where in a source picture each target pixel is found, and how far to trust it.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use talkinghead_kernels::{KernelError, Precision};

use super::{FlowUpsampling, GeneratorConfig};
use crate::layers::{ConvBlock, Convolution, ConvolutionShape, Geometry, Pass, ResidualBlock, operation, upsample_nearest};
use crate::weights::WeightBuilder;

/// Widest layer of a flow network.
const WIDEST: usize = 1024;

/// An hourglass over target label, source label and source picture with two heads: flow and occlusion mask.
#[derive(Module, Debug)]
pub struct FlowNetwork {
    down: Vec<ConvBlock>,
    residual: Vec<ResidualBlock>,
    up: Vec<ConvBlock>,
    flow_head: Convolution,
    weight_head: Convolution,
    /// Both heads in one convolution, once prepared.
    heads: Option<Convolution>,
    nearest: bool,
    multiplier: f64,
    #[module(skip)]
    name: String,
}

impl FlowNetwork {
    /// Takes `KEY.*`, for example `warp.flow_network_ref.*`. `frames`: the target's and those of the sources, 2 for a single source.
    pub fn new(builder: &mut WeightBuilder, key: &str, config: &GeneratorConfig, frames: usize) -> Self {
        let flow = config.flow;
        let width = |level: usize| flow.width.saturating_mul(1 << level).min(WIDEST);
        let plain = |input: usize, output: usize| ConvolutionShape { bias: false, ..ConvolutionShape::three(input, output) };
        let mut block = |part: &str, index: usize, shape: ConvolutionShape| {
            let name = format!("{key}.{part}.{index}");
            ConvBlock::named(builder, [&format!("{name}.0"), &format!("{name}.1")], flow.normalisation, shape)
        };
        let mut down = vec![block("down_flow", 0, plain(frames * config.label_width() + (frames - 1) * 3, width(0)))];
        for i in 0..flow.downsamplings {
            down.push(block("down_flow", 2 * (i + 1), plain(width(i), width(i + 1)).stride(2)));
        }
        let nearest = flow.upsampling == FlowUpsampling::Nearest;
        let up = (0..flow.downsamplings)
            .rev()
            .enumerate()
            .map(|(position, level)| {
                let shape = plain(width(level + 1), width(level));
                if nearest {
                    block("up_flow", 3 * position + 1, shape)
                } else {
                    block("up_flow", 2 * position, ConvolutionShape { geometry: Geometry::doubling(1), ..shape })
                }
            })
            .collect();
        let wide = width(flow.downsamplings);
        let residual = (0..flow.blocks)
            .map(|j| ResidualBlock::new(builder, &format!("{key}.res_flow.{j}"), flow.normalisation, wide, wide))
            .collect();
        let flow_head = Convolution::new(builder, &format!("{key}.conv_flow.0"), ConvolutionShape::three(flow.width, 2));
        let weight_head = Convolution::new(builder, &format!("{key}.conv_w.0"), ConvolutionShape::three(flow.width, 1));
        Self { down, residual, up, flow_head, weight_head, heads: None, nearest, multiplier: flow.multiplier, name: key.into() }
    }

    /// # Shapes
    /// Target label [batch, label, H, W], source labels [batch, sources * label, H, W], source pictures [batch, sources * 3, H, W] -> flow [batch, 2, H, W] in pixels
    /// (x, y) and occlusion mask [batch, 1, H, W] in 0..1.
    ///
    /// # Errors
    /// Maps or a picture of another shape.
    pub fn forward(
        &self,
        target: Tensor<4>,
        label: Tensor<4>,
        image: Tensor<4>,
        pass: &mut Pass,
    ) -> Result<(Tensor<4>, Tensor<4>), KernelError> {
        let x = self.down.iter().try_fold(Tensor::cat(vec![target, label, image], 1), |x, block| block.forward(x, pass))?;
        pass.record_call(&format!("{}.down_flow", self.name), &x);
        let x = self.residual.iter().try_fold(x, |x, block| block.forward(x, pass))?;
        pass.record_call(&format!("{}.res_flow", self.name), &x);
        let x = self.up.iter().try_fold(x, |x, block| {
            let x = if self.nearest { operation("upsampling", 0, || upsample_nearest(x))? } else { x };
            block.forward(x, pass)
        })?;
        pass.record_call(&format!("{}.up_flow", self.name), &x);
        if let Some(heads) = &self.heads {
            let both = heads.forward(x)?;
            return Ok((both.clone().narrow(1, 0, 2).mul_scalar(self.multiplier), sigmoid(both.narrow(1, 2, 1))));
        }
        let flow = self.flow_head.forward(x.clone())?.mul_scalar(self.multiplier);
        Ok((flow, sigmoid(self.weight_head.forward(x)?)))
    }

    /// For inference.
    ///
    /// # Errors
    /// Weights of a shape that no layer has.
    pub fn prepare(self, precision: Precision) -> Result<Self, KernelError> {
        let weight = Tensor::cat(vec![self.flow_head.weight(), self.weight_head.weight()], 0);
        let bias = match (self.flow_head.bias(), self.weight_head.bias()) {
            (Some(flow), Some(weight)) => Some(Tensor::cat(vec![flow, weight], 0)),
            _ => None,
        };
        // The heads cost little and their errors show at once: a flow is multiplied by 20 pixels.
        let heads = Convolution::constant(weight, bias, self.flow_head.geometry(), Precision::F32)?;
        Ok(Self {
            down: self.down.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            residual: self.residual.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            up: self.up.into_iter().map(|part| part.prepare(precision)).collect::<Result<_, _>>()?,
            heads: Some(heads),
            ..self
        })
    }
}
