//! SqueezeNet 1.1 with ImageNet weights, the perceptual network that ships.

use std::collections::HashMap;

use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::layers::Geometry;
use talkinghead_synthesis::weights::HostTensor;

use super::layer::Layer;
use super::onnx::initialisers;
use crate::generator::TrainingError;

static FILE: &[u8] = include_bytes!("../../../../../assets/models/squeezenet11_features.onnx");
/// Number, input, squeezed and expanded channels (each of two halves) of each fire module.
const FIRES: [(usize, usize, usize, usize); 8] = [
    (2, 64, 16, 64),
    (3, 128, 16, 64),
    (4, 128, 32, 128),
    (5, 256, 32, 128),
    (6, 256, 48, 192),
    (7, 384, 48, 192),
    (8, 384, 64, 256),
    (9, 512, 64, 256),
];
/// Fire modules before which features are pooled.
const POOLED: [usize; 3] = [2, 4, 6];
/// Fire modules whose output is a feature, after the first convolution's.
const FEATURES: [usize; 6] = [3, 5, 6, 7, 8, 9];
/// Squared lengths below this are not divided by.
const SMALLEST: f64 = 1e-10;

#[derive(Debug, Clone)]
struct Fire {
    number: usize,
    squeeze: Layer,
    expand1: Layer,
    expand3: Layer,
}

/// The network: seven features.
#[derive(Debug, Clone)]
pub struct SqueezeNet {
    first: Layer,
    fires: Vec<Fire>,
}

impl SqueezeNet {
    /// The one that ships with the program.
    ///
    /// # Errors
    /// Never, unless the program was built with another file.
    pub fn shipped(device: &Device) -> Result<Self, TrainingError> {
        let mut weights = initialisers(FILE)?;
        let mut layer = |name: String, shape: [usize; 4], geometry: Geometry| named(&mut weights, &name, shape, geometry, device);
        let first = layer("conv1".into(), [64, 3, 3, 3], Geometry::new(2, 0))?;
        let fires = FIRES.iter().map(|&(number, input, squeezed, expanded)| {
            Ok(Fire {
                number,
                squeeze: layer(format!("fire{number}_squeeze1x1"), [squeezed, input, 1, 1], Geometry::new(1, 0))?,
                expand1: layer(format!("fire{number}_expand1x1"), [expanded, squeezed, 1, 1], Geometry::new(1, 0))?,
                expand3: layer(format!("fire{number}_expand3x3"), [expanded, squeezed, 3, 3], Geometry::new(1, 1))?,
            })
        });
        let fires = fires.collect::<Result<_, TrainingError>>()?;
        Ok(Self { first, fires })
    }

    /// The seven features of pictures `[batch, 3, H, W]`, -1..1.
    pub(super) fn features(&self, pictures: Tensor<4>) -> Result<Vec<Tensor<4>>, TrainingError> {
        let [_, channels, height, width] = pictures.dims();
        if channels != 3 || height < 32 || width < 32 {
            let found = format!("{:?}", pictures.dims());
            return Err(TrainingError::input("pictures for SqueezeNet", "[batch, 3, 32 or more, 32 or more]", found));
        }
        let mut x = self.first.forward(entered(pictures))?;
        let mut features = vec![x.clone()];
        for fire in &self.fires {
            if POOLED.contains(&fire.number) {
                x = max_pool2d(x, MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_ceil_mode(true));
            }
            let squeezed = fire.squeeze.forward(x)?;
            x = Tensor::cat(vec![fire.expand1.forward(squeezed.clone())?, fire.expand3.forward(squeezed)?], 1);
            if FEATURES.contains(&fire.number) {
                features.push(x.clone());
            }
        }
        Ok(features)
    }
}

fn named(
    weights: &mut HashMap<String, HostTensor>,
    name: &str,
    shape: [usize; 4],
    geometry: Geometry,
    device: &Device,
) -> Result<Layer, TrainingError> {
    let take = |what: &str| weights.remove(&format!("{name}_{}", if what == "weight" { "w_h" } else { "b" }));
    Layer::new(name, shape, geometry, device, take)
}

/// RGB in -1..1 to what the network was trained on: BGR in 0..255 less ImageNet's mean.
fn entered(pictures: Tensor<4>) -> Tensor<4> {
    const MEAN: [f32; 3] = [103.939, 116.779, 123.68];
    let device = pictures.device();
    let shift = MEAN.map(|mean| 127.5 - mean).to_vec();
    let channel = |index: usize| pictures.clone().narrow(1, index, 1);
    let swapped = Tensor::cat(vec![channel(2), channel(1), channel(0)], 1);
    swapped.mul_scalar(127.5) + Tensor::from_data(TensorData::new(shift, [1, 3, 1, 1]), &device)
}

/// One seventh of the distance that `talkinghead evaluate` reports: both features of length 1 at every place, squared differences summed over
/// channels, averaged over places and pictures.
pub(super) fn term(found: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
    let unit = |x: Tensor<4>| {
        let length = (x.clone() * x.clone()).sum_dim(1).add_scalar(SMALLEST).sqrt();
        x / length
    };
    let difference = unit(found) - unit(wanted);
    (difference.clone() * difference).sum_dim(1).mean().div_scalar(7.0)
}
