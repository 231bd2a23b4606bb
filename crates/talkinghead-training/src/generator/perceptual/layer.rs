//! A convolution with constant weights and a ReLU, through which gradients pass.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_synthesis::layers::{Geometry, convolve_activated};
use talkinghead_synthesis::weights::HostTensor;

use crate::generator::TrainingError;

/// Convolution and ReLU.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    weight: Tensor<4>,
    bias: Tensor<1>,
    geometry: Geometry,
}

impl Layer {
    /// From weights `[out, in, k, k]` and a bias `[out]`, both taken by `take` under a name.
    pub fn new(
        name: &str,
        shape: [usize; 4],
        geometry: Geometry,
        device: &Device,
        mut take: impl FnMut(&str) -> Option<HostTensor>,
    ) -> Result<Self, TrainingError> {
        let mut tensor = |what: &str, wanted: &[usize]| -> Result<Vec<f32>, TrainingError> {
            let found = take(what).ok_or_else(|| TrainingError::Trunk(format!("{name}.{what} is missing")))?;
            if found.shape != wanted {
                return Err(TrainingError::Trunk(format!("{name}.{what}: wanted shape {wanted:?}, found {:?}", found.shape)));
            }
            match found.first_not_finite() {
                Some((position, value)) => Err(TrainingError::Trunk(format!("{name}.{what}: element {position} is {value}"))),
                None => Ok(found.values),
            }
        };
        let device = device.clone().without_autodiff();
        let weight = Tensor::from_data(TensorData::new(tensor("weight", &shape)?, shape), &device);
        let bias = Tensor::from_data(TensorData::new(tensor("bias", &shape[..1])?, [shape[0]]), &device);
        Ok(Self { weight, bias, geometry })
    }

    /// # Shapes
    /// [batch, in, H, W] -> [batch, out, H', W'].
    pub fn forward(&self, x: Tensor<4>) -> Result<Tensor<4>, TrainingError> {
        let (mut weight, mut bias) = (self.weight.clone(), self.bias.clone());
        if x.is_autodiff() {
            (weight, bias) = (weight.autodiff(), bias.autodiff());
        }
        Ok(convolve_activated(x, weight, Some(bias), self.geometry, 0.0)?)
    }
}
