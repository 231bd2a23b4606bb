//! Embeddings of faces by ArcFace (Deng et al. 2019): the residual networks of InsightFace, as PyTorch weights or as ONNX.

use std::path::Path;

use image::RgbImage;
use talkinghead_formats::StateDict;
use talkinghead_kernels::{Activation, Geometry};
use talkinghead_onnx::{ForeignOnnx, OnnxPlan};

use super::feature_map::FeatureMap;
use super::layers::{ConvolutionLayer, Followed, LinearLayer, Norm};
use super::weights::{Weights, check_size};
use crate::EvaluationError;

const SIDE: usize = 112;
const EPSILON: f32 = 1e-5;
const IN_WORDS: &str = "an ArcFace network (IResNet of InsightFace)";
/// Blocks of a stage of the largest network that is read; IResNet-200 has 60.
const MOST_BLOCKS: usize = 100;
/// Operations of the ONNX files that circulate.
const OPERATIONS: &[&str] = &[
    "Add",
    "BatchNormalization",
    "Constant",
    "Conv",
    "Dropout",
    "Flatten",
    "Gemm",
    "Identity",
    "MatMul",
    "Mul",
    "PRelu",
    "Relu",
    "Reshape",
    "Sub",
];

/// The network.
#[derive(Debug)]
pub struct ArcFace {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Residual(Box<Residual>),
    Onnx { plan: OnnxPlan, scales_itself: bool },
}

#[derive(Debug)]
struct Residual {
    first: ConvolutionLayer,
    first_slopes: Vec<f32>,
    blocks: Vec<Block>,
    last_norm: Norm,
    linear: LinearLayer,
}

/// Norm, convolution, norm, PReLU, convolution, norm; plus what came in.
#[derive(Debug)]
struct Block {
    norm: Norm,
    first: ConvolutionLayer,
    slopes: Vec<f32>,
    second: ConvolutionLayer,
    shortcut: Option<ConvolutionLayer>,
}

impl ArcFace {
    /// Reads `backbone.pth` of InsightFace's `arcface_torch` (IResNet-18 to -200; the number of blocks is the file's), the same as
    /// safetensors, or an ONNX file with one input `[1, 3, 112, 112]` such as `w600k_r50.onnx`.
    ///
    /// # Errors
    /// The file cannot be read or is another network's: the first tensor that is missing is named.
    pub fn read(path: &Path) -> Result<Self, EvaluationError> {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) {
            return Self::read_onnx(path);
        }
        Self::of(Weights::read(path, IN_WORDS)?)
    }

    /// The same of tensors in memory.
    ///
    /// # Errors
    /// They are another network's.
    pub fn from_tensors(dict: StateDict) -> Result<Self, EvaluationError> {
        Self::of(Weights::of(Path::new("tensors"), IN_WORDS, dict))
    }

    fn read_onnx(path: &Path) -> Result<Self, EvaluationError> {
        check_size(path)?;
        let bytes = std::fs::read(path).map_err(|source| EvaluationError::io(path, source))?;
        let wrong = |reason: String| EvaluationError::Weights { path: path.to_owned(), reason };
        let file = ForeignOnnx::read(bytes, OPERATIONS).map_err(|error| wrong(error.reason))?;
        // As InsightFace does: a network that begins with a subtraction and a product scales its input itself.
        let scales_itself = file.begins_with(&["Sub", "Mul"]);
        let (plan, outputs) = file.plan("ArcFace", &[1, 3, SIDE, SIDE]).map_err(|error| wrong(error.reason))?;
        match outputs.first().map_or(0, |output| output.values.len()) {
            64..=4096 => Ok(Self { kind: Kind::Onnx { plan, scales_itself } }),
            length => {
                Err(wrong(format!("it gives {length} numbers for a face of 112 x 112 pixels; an ArcFace network gives 512")))
            }
        }
    }

    fn of(mut weights: Weights) -> Result<Self, EvaluationError> {
        let geometry = Geometry::new(3, 64, 3).padding(1);
        let first =
            ConvolutionLayer::read(&mut weights, "conv1", geometry, Followed::Norm("bn1", EPSILON), Activation::Identity)?;
        let first_slopes = weights.take("prelu.weight", &[64])?;
        let (mut blocks, mut input) = (Vec::new(), 64);
        for (stage, output) in (1..).zip([64, 128, 256, 512]) {
            for block in 0..MOST_BLOCKS {
                let key = format!("layer{stage}.{block}");
                if block > 0 && !weights.has(&format!("{key}.conv1.weight")) {
                    break;
                }
                blocks.push(Block::read(&mut weights, &key, input, output, if block == 0 { 2 } else { 1 })?);
                input = output;
            }
        }
        let last_norm = Norm::read(&mut weights, "bn2", 512, EPSILON)?;
        let linear = LinearLayer::read(&mut weights, "fc", [512, 512 * 7 * 7], Some(("features", EPSILON)))?;
        Ok(Self { kind: Kind::Residual(Box::new(Residual { first, first_slopes, blocks, last_norm, linear })) })
    }

    /// What the network says of a face of 112 x 112 pixels (see [`super::face_112`]), of any length.
    ///
    /// # Errors
    /// The picture has another size, or an ONNX network fails on it.
    pub fn embedding(&self, face: &RgbImage) -> Result<Vec<f32>, EvaluationError> {
        let scaled = |scale: f32, shift: f32| FeatureMap::of_picture(face, [scale; 3], [shift; 3]);
        match &self.kind {
            Kind::Residual(network) => network.embedding(scaled(1.0 / 127.5, -1.0)),
            Kind::Onnx { plan, scales_itself } => {
                let map = if *scales_itself { scaled(1.0, 0.0) } else { scaled(1.0 / 127.5, -1.0) };
                let outputs = plan.run(&map.values).map_err(|error| EvaluationError::Network { reason: error.to_string() })?;
                Ok(outputs.into_iter().next().map(|output| output.values).unwrap_or_default())
            }
        }
    }
}

impl Residual {
    fn embedding(&self, map: FeatureMap) -> Result<Vec<f32>, EvaluationError> {
        let mut map = self.first.forward(&map)?.prelu(&self.first_slopes);
        for block in &self.blocks {
            map = block.forward(map)?;
        }
        let map = map.scaled(&self.last_norm.scale, &self.last_norm.shift);
        Ok(self.linear.forward(&map.values))
    }
}

impl Block {
    fn read(weights: &mut Weights, key: &str, input: usize, output: usize, stride: usize) -> Result<Self, EvaluationError> {
        let part = |name: &str| format!("{key}.{name}");
        let mut convolution = |name: &str, norm: &str, geometry: Geometry| {
            ConvolutionLayer::read(weights, &part(name), geometry, Followed::Norm(&part(norm), EPSILON), Activation::Identity)
        };
        let first = convolution("conv1", "bn2", Geometry::new(input, output, 3).padding(1))?;
        let second = convolution("conv2", "bn3", Geometry::new(output, output, 3).padding(1).stride(stride))?;
        let straight = Geometry::new(input, output, 1).stride(stride);
        let shortcut =
            (stride != 1 || input != output).then(|| convolution("downsample.0", "downsample.1", straight)).transpose()?;
        let norm = Norm::read(weights, &part("bn1"), input, EPSILON)?;
        Ok(Self { norm, first, slopes: weights.take(&part("prelu.weight"), &[output])?, second, shortcut })
    }

    fn forward(&self, map: FeatureMap) -> Result<FeatureMap, EvaluationError> {
        let straight = self.shortcut.as_ref().map(|layer| layer.forward(&map)).transpose()?;
        // Zeros around a convolution are zeros behind the norm, so that it cannot be folded into the convolution.
        let normed = map.clone().scaled(&self.norm.scale, &self.norm.shift);
        let mut out = self.second.forward(&self.first.forward(&normed)?.prelu(&self.slopes))?;
        out.values.iter_mut().zip(&straight.unwrap_or(map).values).for_each(|(sum, value)| *sum += value);
        Ok(out)
    }
}
