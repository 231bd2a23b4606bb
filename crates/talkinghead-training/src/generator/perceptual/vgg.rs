//! VGG19 up to relu5_1, with the weights of torchvision's file.

use std::path::Path;

use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::layers::Geometry;
use talkinghead_synthesis::weights::{StateDict, read_weights};

use super::layer::Layer;
use crate::Compatibility;
use crate::generator::TrainingError;

/// Index in torchvision's `features`, input and output channels of each convolution; a pooling comes before those of [`POOLED`].
const CONVOLUTIONS: [(usize, usize, usize); 13] = [
    (0, 3, 64),
    (2, 64, 64),
    (5, 64, 128),
    (7, 128, 128),
    (10, 128, 256),
    (12, 256, 256),
    (14, 256, 256),
    (16, 256, 256),
    (19, 256, 512),
    (21, 512, 512),
    (23, 512, 512),
    (25, 512, 512),
    (28, 512, 512),
];
const POOLED: [usize; 4] = [5, 10, 19, 28];
/// Convolutions whose ReLU is a feature: relu1_1 to relu5_1.
const FEATURES: [usize; 5] = [0, 5, 10, 19, 28];
const WEIGHTS: [f64; 5] = [1.0 / 32.0, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0];
/// What ImageNet's pictures (0..1) were normalised by.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Keys of the 26 tensors that are read.
pub const VGG_KEYS: [&str; 26] = [
    "features.0.weight",
    "features.0.bias",
    "features.2.weight",
    "features.2.bias",
    "features.5.weight",
    "features.5.bias",
    "features.7.weight",
    "features.7.bias",
    "features.10.weight",
    "features.10.bias",
    "features.12.weight",
    "features.12.bias",
    "features.14.weight",
    "features.14.bias",
    "features.16.weight",
    "features.16.bias",
    "features.19.weight",
    "features.19.bias",
    "features.21.weight",
    "features.21.bias",
    "features.23.weight",
    "features.23.bias",
    "features.25.weight",
    "features.25.bias",
    "features.28.weight",
    "features.28.bias",
];

/// The network.
#[derive(Debug, Clone)]
pub struct Vgg19 {
    layers: Vec<(usize, Layer)>,
}

impl Vgg19 {
    /// From a state dict with torchvision's keys; what lies behind relu5_1 may be there and is not read.
    ///
    /// # Errors
    /// Names the first tensor that is missing, misshapen or not finite.
    pub fn new(mut weights: StateDict, device: &Device) -> Result<Self, TrainingError> {
        let layer = |&(index, input, output): &(usize, usize, usize)| {
            let name = format!("features.{index}");
            let take = |what: &str| weights.take(&format!("{name}.{what}"));
            Ok((index, Layer::new(&name, [output, input, 3, 3], Geometry::new(1, 1), device, take)?))
        };
        Ok(Self { layers: CONVOLUTIONS.iter().map(layer).collect::<Result<_, TrainingError>>()? })
    }

    /// From a file of torchvision's vgg19: `.pth` or safetensors.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Vgg19::new`].
    pub fn open(path: &Path, device: &Device) -> Result<Self, TrainingError> {
        Self::new(read_weights(path)?.0, device)
    }

    /// Shapes of the tensors that are read, in the order of [`VGG_KEYS`].
    pub fn shapes() -> Vec<(String, Vec<usize>)> {
        let shapes = CONVOLUTIONS.iter().flat_map(|&(_, input, output)| [vec![output, input, 3, 3], vec![output]]);
        VGG_KEYS.iter().map(|key| (*key).to_owned()).zip(shapes).collect()
    }

    /// The five features of pictures `[batch, 3, H, W]`, -1..1.
    pub(super) fn features(&self, pictures: Tensor<4>, compatibility: Compatibility) -> Result<Vec<Tensor<4>>, TrainingError> {
        let [_, channels, height, width] = pictures.dims();
        if channels != 3 || height < 16 || width < 16 {
            return Err(TrainingError::input(
                "pictures for VGG19",
                "[batch, 3, 16 or more, 16 or more]",
                format!("{:?}", pictures.dims()),
            ));
        }
        let mut x = match compatibility {
            // As published: pictures go in as they are.
            Compatibility::Reference => pictures,
            Compatibility::Right => normalised(pictures),
        };
        let mut features = Vec::with_capacity(FEATURES.len());
        for (index, layer) in &self.layers {
            if POOLED.contains(index) {
                x = max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2]));
            }
            x = layer.forward(x)?;
            if FEATURES.contains(index) {
                features.push(x.clone());
            }
        }
        Ok(features)
    }
}

/// Mean absolute distance of one feature, weighted.
pub(super) fn term(index: usize, found: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
    (found - wanted).abs().mean().mul_scalar(WEIGHTS.get(index).copied().unwrap_or(0.0))
}

/// -1..1 to 0..1, then by ImageNet's mean and deviation.
fn normalised(pictures: Tensor<4>) -> Tensor<4> {
    let device = pictures.device();
    let constant = |values: [f32; 3]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), &device);
    let scale = std::array::from_fn(|c| 0.5 / DEVIATION[c]);
    let shift = std::array::from_fn(|c| (0.5 - MEAN[c]) / DEVIATION[c]);
    pictures * constant(scale) + constant(shift)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_tensor_that_is_missing_is_named() {
        let error = Vgg19::new(StateDict::new(), &Device::flex()).unwrap_err();
        assert!(error.to_string().contains("features.0.weight is missing"), "{error}");
    }

    #[test]
    fn pictures_of_imagenets_mean_become_zero() {
        let device = Device::flex();
        let mean: Vec<f32> = MEAN.iter().map(|m| 2.0 * m - 1.0).collect();
        let x = Tensor::<4>::from_data(TensorData::new(mean, [1, 3, 1, 1]), &device);
        let values = normalised(x).into_data().try_into_vec_as::<f32>().unwrap();
        assert!(values.iter().all(|value| value.abs() < 1e-6), "{values:?}");
    }
}
