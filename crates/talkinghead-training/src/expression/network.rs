//! The network as Burn trains it; `talkinghead-motion` runs the same in plain loops.

use burn::module::{Module, Param};
use burn::tensor::activation::gelu;
use burn::tensor::module::conv1d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use talkinghead_motion::expression::TensorFile;
use talkinghead_motion::expression::network::{CHANNELS, LAYERS, OUTPUTS};

/// Share of inputs, and of hidden values, that are dropped while training: much, because the inputs are many and the people few.
const DROPOUT: f32 = 0.4;

/// A convolution over time with zero padding.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[outputs, inputs, kernel]`
    weight: Param<Tensor<3>>,
    /// `[outputs]`
    bias: Param<Tensor<1>>,
}

impl Layer {
    fn new(inputs: usize, outputs: usize, kernel: usize, random: &mut ChaCha8Rng, device: &Device) -> Self {
        let bound = 1.0 / ((inputs * kernel) as f32).sqrt();
        let mut draw = |count: usize| (0..count).map(|_| random.random_range(-bound..bound)).collect::<Vec<f32>>();
        let weight = TensorData::new(draw(outputs * inputs * kernel), [outputs, inputs, kernel]);
        let bias = TensorData::new(draw(outputs), [outputs]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::from_data(bias, device)),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let padding = self.weight.dims()[2] / 2;
        conv1d(x, self.weight.val(), Some(self.bias.val()), ConvOptions::new([1], [padding], [1], 1))
    }

    fn save(&self, file: &mut TensorFile, name: &str) {
        let dims = self.weight.dims();
        let values = |data: TensorData| data.iter::<f32>().collect::<Vec<f32>>();
        file.insert(&format!("{name}.weight"), &dims, values(self.weight.val().into_data()));
        file.insert(&format!("{name}.bias"), &dims[..1], values(self.bias.val().into_data()));
    }
}

/// 1x1 convolution, three residual convolutions over three frames, 1x1 convolution.
#[derive(Module, Debug)]
pub struct TrainableNetwork {
    input: Layer,
    hidden: Vec<Layer>,
    output: Layer,
}

impl TrainableNetwork {
    /// A network for frames of so many inputs with weights drawn from `random`.
    pub fn new(inputs: usize, random: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            input: Layer::new(inputs, CHANNELS, 1, random, device),
            hidden: (0..LAYERS).map(|_| Layer::new(CHANNELS, CHANNELS, 3, random, device)).collect(),
            output: Layer::new(CHANNELS, OUTPUTS, 1, random, device),
        }
    }

    /// Predictions while training: some values are dropped.
    ///
    /// # Shapes
    /// - `x`: `[batch, inputs, frames]`
    /// - output: `[batch, 10, frames]`
    pub fn forward_dropping(&self, x: Tensor<3>, random: &mut ChaCha8Rng) -> Tensor<3> {
        self.pass(x, |x, share| drop_some(x, share, random))
    }

    /// Predictions; only a test asks for them here, use runs the plain twin.
    ///
    /// # Shapes
    /// As [`TrainableNetwork::forward_dropping`].
    #[cfg(test)]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.pass(x, |x, _| x)
    }

    fn pass(&self, x: Tensor<3>, mut dropping: impl FnMut(Tensor<3>, f32) -> Tensor<3>) -> Tensor<3> {
        let x = dropping(x, DROPOUT);
        let mut x = dropping(gelu(self.input.forward(x)), DROPOUT);
        for layer in &self.hidden {
            x = x.clone() + dropping(gelu(layer.forward(x)), DROPOUT);
        }
        self.output.forward(x)
    }

    /// Adds the tensors that `ExpressionNetwork::from_tensors` reads under `prefix`.
    pub fn save(&self, file: &mut TensorFile, prefix: &str) {
        self.input.save(file, &format!("{prefix}.input"));
        for (k, layer) in self.hidden.iter().enumerate() {
            layer.save(file, &format!("{prefix}.hidden.{k}"));
        }
        self.output.save(file, &format!("{prefix}.output"));
    }
}

/// Masks from our own generator: the same seed gives the same weights on every machine.
fn drop_some(x: Tensor<3>, share: f32, random: &mut ChaCha8Rng) -> Tensor<3> {
    let dims = x.dims();
    let kept = 1.0 / (1.0 - share);
    let mask = (0..dims.iter().product()).map(|_| if random.random::<f32>() < share { 0.0 } else { kept }).collect::<Vec<f32>>();
    let mask = Tensor::from_data(TensorData::new(mask, dims), &x.device());
    x * mask
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;
    use talkinghead_motion::expression::network::ExpressionNetwork;

    #[test]
    fn the_plain_network_equals_the_graph() {
        let device = Device::flex();
        let mut random = ChaCha8Rng::seed_from_u64(7);
        const INPUTS: usize = 70;
        let network = TrainableNetwork::new(INPUTS, &mut random, &device);
        assert_eq!(network.num_params(), 71 * 64 + 3 * (3 * 64 + 1) * 64 + 650);
        let mut file = TensorFile::default();
        network.save(&mut file, "network.0");
        let plain = ExpressionNetwork::from_tensors(&file, "network.0", INPUTS).unwrap();
        let frames: Vec<f32> = (0..40 * INPUTS).map(|_| random.random_range(-2.0..2.0)).collect();
        let channels: Vec<f32> = (0..INPUTS).flat_map(|i| frames.iter().skip(i).step_by(INPUTS).copied()).collect();
        let x = Tensor::from_data(TensorData::new(channels, [1, INPUTS, 40]), &device);
        let graph: Vec<f32> = network.forward(x).into_data().iter::<f32>().collect();
        for (t, frame) in plain.run(&frames).iter().enumerate() {
            for (o, value) in frame.iter().enumerate() {
                assert!((value - graph[o * 40 + t]).abs() < 1e-4, "{value} {}", graph[o * 40 + t]);
            }
        }
    }
}
