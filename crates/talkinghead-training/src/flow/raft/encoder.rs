//! From a picture to features at an eighth of its size.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use talkinghead_kernels::{Activation, Geometry, KernelError};
use talkinghead_synthesis::SynthesisError;
use talkinghead_synthesis::weights::WeightBuilder;

use crate::flow::convolution::FrozenConvolution;

const EPSILON: f32 = 1e-5;
/// Width and first stride of the three layers.
const LAYERS: [[usize; 2]; 3] = [[32, 1], [64, 2], [96, 2]];

/// Normalisation behind the convolutions of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncoderNorm {
    /// Over the positions of every sample and channel.
    Instance,
    /// None.
    Absent,
}

/// The encoder of pictures, or that of the context.
#[derive(Debug)]
pub struct Encoder {
    first: FrozenConvolution,
    blocks: Vec<Bottleneck>,
    last: FrozenConvolution,
    norm: EncoderNorm,
}

#[derive(Debug)]
struct Bottleneck {
    layers: [FrozenConvolution; 3],
    shortcut: Option<FrozenConvolution>,
}

impl Encoder {
    /// Takes `NAME.*`.
    pub fn new(builder: &mut WeightBuilder, name: &str, output: usize, norm: EncoderNorm) -> Result<Self, SynthesisError> {
        let plain = Activation::Identity;
        let first = Geometry::new(3, LAYERS[0][0], 7).stride(2).padding(3);
        let first = FrozenConvolution::new(builder, &format!("{name}.convnormrelu.0"), first, plain)?;
        let mut blocks = Vec::with_capacity(2 * LAYERS.len());
        let mut width = LAYERS[0][0];
        for (index, [output, stride]) in LAYERS.into_iter().enumerate() {
            for (block, stride) in [stride, 1].into_iter().enumerate() {
                let key = format!("{name}.layer{}.{block}", index + 1);
                blocks.push(Bottleneck::new(builder, &key, [width, output], stride)?);
                width = output;
            }
        }
        let last = FrozenConvolution::new(builder, &format!("{name}.conv"), Geometry::new(width, output, 1), plain)?;
        Ok(Self { first, blocks, last, norm })
    }

    /// # Shapes
    /// [batch, 3, h, w] -> [batch, output, h / 8, w / 8].
    pub fn forward(&self, x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
        let mut x = relu(self.norm.apply(self.first.forward(x)?));
        for block in &self.blocks {
            x = block.forward(x, self.norm)?;
        }
        self.last.forward(x)
    }
}

impl Bottleneck {
    fn new(builder: &mut WeightBuilder, key: &str, [input, output]: [usize; 2], stride: usize) -> Result<Self, SynthesisError> {
        let narrow = output / 4;
        let geometries = [
            Geometry::new(input, narrow, 1),
            Geometry::new(narrow, narrow, 3).padding(1).stride(stride),
            Geometry::new(narrow, output, 1),
        ];
        let mut layer = |number: usize, geometry: Geometry| {
            FrozenConvolution::new(builder, &format!("{key}.convnormrelu{number}.0"), geometry, Activation::Identity)
        };
        let layers = [layer(1, geometries[0])?, layer(2, geometries[1])?, layer(3, geometries[2])?];
        let shortcut = if stride == 1 {
            None
        } else {
            let geometry = Geometry::new(input, output, 1).stride(stride);
            Some(FrozenConvolution::new(builder, &format!("{key}.downsample.0"), geometry, Activation::Identity)?)
        };
        Ok(Self { layers, shortcut })
    }

    fn forward(&self, x: Tensor<4>, norm: EncoderNorm) -> Result<Tensor<4>, KernelError> {
        let mut y = x.clone();
        for layer in &self.layers {
            y = relu(norm.apply(layer.forward(y)?));
        }
        let x = match &self.shortcut {
            Some(shortcut) => norm.apply(shortcut.forward(x)?),
            None => x,
        };
        Ok(relu(x + y))
    }
}

impl EncoderNorm {
    fn apply(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Absent => x,
            Self::Instance => {
                let mean = x.clone().mean_dim(2).mean_dim(3);
                let centred = x - mean;
                let variance = (centred.clone() * centred.clone()).mean_dim(2).mean_dim(3);
                centred / variance.add_scalar(EPSILON).sqrt()
            }
        }
    }
}
