//! LPIPS (Zhang et al. 2018), version 0.1 of its authors' package.

use std::path::Path;

use image::RgbImage;
use talkinghead_formats::{StateDict, parse_safetensors};
use talkinghead_kernels::Geometry;

use super::feature_map::FeatureMap;
use super::layers::{ConvolutionLayer, Followed, RELU};
use super::pooling::max_pool;
use super::weights::Weights;
use crate::EvaluationError;

/// The calibrated weights of both networks' layers, from the package `lpips` 0.1.4: part of the program.
const CALIBRATION: &[u8] = include_bytes!("../../../../assets/models/lpips_calibration.safetensors");
/// Shift and scale of the colours, which lie in -1..1 before.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Shortest side of a picture that all layers can look at.
const LEAST_SIDE: u32 = 64;

/// Which network's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LpipsNetwork {
    /// AlexNet: what papers give as LPIPS unless they say otherwise.
    Alex,
    /// VGG-16.
    Vgg,
}

/// One step of a network: pooling, convolution, or a layer that is compared.
#[derive(Debug)]
enum Step {
    Pool { kernel: usize },
    Convolution(ConvolutionLayer),
    Compare,
}

/// The perceptual distance of two pictures.
#[derive(Debug)]
pub struct Lpips {
    steps: Vec<Step>,
    calibration: Vec<Vec<f32>>,
}

impl Lpips {
    /// Reads torchvision's weights of the ImageNet classifier (`alexnet-owt-*.pth`, `vgg16-*.pth`, or the same as safetensors): tensors
    /// `features.0.weight` and so on. The classifier's own layers are not needed.
    ///
    /// # Errors
    /// The file cannot be read or is another network's: the first tensor that is missing is named.
    pub fn read(path: &Path, network: LpipsNetwork) -> Result<Self, EvaluationError> {
        Self::of(Weights::read(path, network.in_words())?, network)
    }

    /// The same of tensors in memory.
    ///
    /// # Errors
    /// They are another network's.
    pub fn from_tensors(dict: StateDict, network: LpipsNetwork) -> Result<Self, EvaluationError> {
        Self::of(Weights::of(Path::new("tensors"), network.in_words(), dict), network)
    }

    fn of(mut weights: Weights, network: LpipsNetwork) -> Result<Self, EvaluationError> {
        let mut steps = Vec::new();
        let mut input = 3;
        let layers = match network {
            LpipsNetwork::Alex => ALEXNET,
            LpipsNetwork::Vgg => VGG16,
        };
        for layer in layers {
            if let Some(kernel) = layer.pool {
                steps.push(Step::Pool { kernel });
            }
            let geometry = Geometry::new(input, layer.output, layer.kernel).stride(layer.stride).padding(if layer.kernel == 11 {
                2
            } else {
                layer.kernel / 2
            });
            let key = format!("features.{}", layer.index);
            steps.push(Step::Convolution(ConvolutionLayer::read(&mut weights, &key, geometry, Followed::Bias, RELU)?));
            if layer.compared {
                steps.push(Step::Compare);
            }
            input = layer.output;
        }
        Ok(Self { steps, calibration: calibration(network, layers)? })
    }

    /// Distance of two pictures of one size, 0 for equal ones; `None` for different sizes and sides under 64 pixels.
    ///
    /// # Errors
    /// None, as long as the program has no defect.
    pub fn distance(&self, a: &RgbImage, b: &RgbImage) -> Result<Option<f64>, EvaluationError> {
        if a.dimensions() != b.dimensions() || a.width().min(a.height()) < LEAST_SIDE {
            return Ok(None);
        }
        let scale = SCALE.map(|scale| 1.0 / (127.5 * scale));
        let shift = [0, 1, 2].map(|c| (-1.0 - SHIFT[c]) / SCALE[c]);
        let (mut a, mut b) = (FeatureMap::of_picture(a, scale, shift), FeatureMap::of_picture(b, scale, shift));
        let (mut sum, mut calibration) = (0.0, self.calibration.iter());
        for step in &self.steps {
            (a, b) = match step {
                Step::Pool { kernel } => (max_pool(&a, *kernel, [2, 2], 0), max_pool(&b, *kernel, [2, 2], 0)),
                Step::Convolution(layer) => (layer.forward(&a)?, layer.forward(&b)?),
                Step::Compare => {
                    sum += calibration.next().map_or(0.0, |weights| calibrated(&a, &b, weights));
                    continue;
                }
            };
        }
        Ok(Some(sum))
    }
}

impl LpipsNetwork {
    fn in_words(self) -> &'static str {
        match self {
            Self::Alex => "AlexNet in torchvision's layout",
            Self::Vgg => "VGG-16 in torchvision's layout",
        }
    }
}

/// A convolution of a classifier, and the pooling (by 2) before it.
struct Layer {
    index: usize,
    pool: Option<usize>,
    output: usize,
    kernel: usize,
    stride: usize,
    compared: bool,
}

const fn layer(index: usize, pool: Option<usize>, output: usize, kernel: usize, stride: usize, compared: bool) -> Layer {
    Layer { index, pool, output, kernel, stride, compared }
}

const ALEXNET: &[Layer] = &[
    layer(0, None, 64, 11, 4, true),
    layer(3, Some(3), 192, 5, 1, true),
    layer(6, Some(3), 384, 3, 1, true),
    layer(8, None, 256, 3, 1, true),
    layer(10, None, 256, 3, 1, true),
];

const VGG16: &[Layer] = &[
    layer(0, None, 64, 3, 1, false),
    layer(2, None, 64, 3, 1, true),
    layer(5, Some(2), 128, 3, 1, false),
    layer(7, None, 128, 3, 1, true),
    layer(10, Some(2), 256, 3, 1, false),
    layer(12, None, 256, 3, 1, false),
    layer(14, None, 256, 3, 1, true),
    layer(17, Some(2), 512, 3, 1, false),
    layer(19, None, 512, 3, 1, false),
    layer(21, None, 512, 3, 1, true),
    layer(24, Some(2), 512, 3, 1, false),
    layer(26, None, 512, 3, 1, false),
    layer(28, None, 512, 3, 1, true),
];

fn calibration(network: LpipsNetwork, layers: &[Layer]) -> Result<Vec<Vec<f32>>, EvaluationError> {
    let (dict, _) = parse_safetensors(CALIBRATION).map_err(|reason| EvaluationError::Network { reason })?;
    let mut weights = Weights::of(Path::new("lpips_calibration.safetensors"), "the calibration of LPIPS", dict);
    let name = if network == LpipsNetwork::Alex { "alex" } else { "vgg" };
    let compared = layers.iter().filter(|layer| layer.compared).enumerate();
    compared.map(|(k, layer)| weights.take(&format!("{name}.lin{k}"), &[layer.output])).collect()
}

/// Features are brought to length 1 at every place; squared differences, weighted and summed over the features, averaged over places.
fn calibrated(a: &FeatureMap, b: &FeatureMap, weights: &[f32]) -> f64 {
    let scales = |map: &FeatureMap| {
        let mut squares = vec![0.0_f32; map.height * map.width];
        map.planes().for_each(|plane| squares.iter_mut().zip(plane).for_each(|(sum, v)| *sum += v * v));
        squares.iter().map(|square| 1.0 / (square.sqrt() + 1e-10)).collect::<Vec<f32>>()
    };
    let (of_a, of_b) = (scales(a), scales(b));
    let sum: f64 = a
        .planes()
        .zip(b.planes())
        .zip(weights)
        .map(|((a, b), weight)| {
            let places = a.iter().zip(&of_a).zip(b.iter().zip(&of_b));
            f64::from(*weight) * places.map(|((a, s), (b, t))| f64::from((a * s - b * t).powi(2))).sum::<f64>()
        })
        .sum();
    sum / (a.height * a.width).max(1) as f64
}
