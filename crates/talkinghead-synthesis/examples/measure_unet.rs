//! Speed of a small network that has everything the generator has: `measure_unet [REPETITIONS]`. The network is the one that
//! `tools/bench_pytorch.py describe-unet` describes layer by layer; times are the least of all repetitions.

use std::time::Instant;

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Distribution, Tensor};
use talkinghead_kernels::Geometry;
use talkinghead_kernels::burn::{convolve, instance_norm};
use talkinghead_synthesis::generator::{GridAlignment, warp};
use talkinghead_synthesis::layers::{lrelu, upsample_nearest};

const SIDE: usize = 256;
const HIDDEN: usize = 64;

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    stride: usize,
}

impl Layer {
    fn new(input: usize, output: usize, kernel: usize, stride: usize, device: &Device) -> Self {
        let deviation = (1.0 / (input * kernel * kernel) as f64).sqrt();
        let weight = Tensor::random([output, input, kernel, kernel], Distribution::Normal(0.0, deviation), device);
        Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(Tensor::zeros([output], device)), stride }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let weight = self.weight.val();
        let [output, input, kernel, _] = weight.dims();
        let geometry = Geometry::new(input, output, kernel).padding(kernel / 2).stride(self.stride);
        convolve(x, weight, Some(self.bias.val()), geometry).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[derive(Module, Debug)]
struct Spade {
    shared: Layer,
    gamma: Layer,
    beta: Layer,
}

impl Spade {
    fn new(channels: usize, device: &Device) -> Self {
        let modulation = || Layer::new(HIDDEN, channels, 1, 1, device);
        Self { shared: Layer::new(1, HIDDEN, 3, 1, device), gamma: modulation(), beta: modulation() }
    }

    fn forward(&self, x: Tensor<4>, label: &Tensor<4>) -> Tensor<4> {
        let factor = SIDE / x.dims()[2];
        let map = if factor == 1 {
            label.clone()
        } else {
            burn::tensor::module::avg_pool2d(label.clone(), AvgPoolOptions::new([factor; 2]).with_stride([factor; 2]))
        };
        let h = relu(self.shared.forward(map));
        let norm = norm(x, 1.0);
        norm * self.gamma.forward(h.clone()).add_scalar(1.0) + self.beta.forward(h)
    }
}

/// An instance norm and a leaky ReLU of that slope, which is not 0.
fn doubled(x: Tensor<4>) -> Tensor<4> {
    upsample_nearest(x).unwrap_or_else(|error| panic!("{error}"))
}

fn norm(x: Tensor<4>, slope: f32) -> Tensor<4> {
    instance_norm(x, 1e-5, slope).unwrap_or_else(|error| panic!("{error}"))
}

#[derive(Module, Debug)]
struct UNet {
    layers: Vec<Layer>,
    spades: Vec<Spade>,
}

/// Input, output, stride; in the order of the description.
const LAYERS: [(usize, usize, usize); 14] = [
    (4, 32, 1),
    (32, 64, 2),
    (64, 128, 2),
    (128, 256, 2),
    (256, 256, 1),
    (256, 256, 1),
    (256, 128, 1),
    (256, 64, 1),
    (64, 64, 1),
    (128, 32, 1),
    (32, 32, 1),
    (64, 32, 1),
    (32, 32, 1),
    (32, 6, 1),
];

impl UNet {
    fn new(device: &Device) -> Self {
        let layers = LAYERS.iter().map(|&(input, output, stride)| Layer::new(input, output, 3, stride, device)).collect();
        Self { layers, spades: [256, 256, 128, 64].iter().map(|&channels| Spade::new(channels, device)).collect() }
    }

    fn forward(&self, image: Tensor<4>, label: Tensor<4>) -> Tensor<4> {
        let layer = |index: usize, x: Tensor<4>| self.layers[index].forward(x);
        let normed = |index: usize, x: Tensor<4>| norm(layer(index, x), 0.2);
        let skip0 = normed(0, Tensor::cat(vec![image.clone(), label.clone()], 1));
        let skip1 = normed(1, skip0.clone());
        let skip2 = normed(2, skip1.clone());
        let skip3 = normed(3, skip2.clone());
        let x = norm(layer(5, normed(4, skip3.clone())), 1.0) + skip3;
        let x = lrelu(self.spades[0].forward(x, &label));
        let x = Tensor::cat(vec![doubled(layer(6, x)), skip2], 1);
        let x = lrelu(self.spades[1].forward(x, &label));
        let x = Tensor::cat(vec![doubled(layer(8, normed(7, x))), skip1], 1);
        let x = lrelu(self.spades[2].forward(x, &label));
        let x = Tensor::cat(vec![doubled(layer(10, normed(9, x))), skip0], 1);
        let x = lrelu(self.spades[3].forward(x, &label));
        let head = layer(13, lrelu(layer(12, normed(11, x))));
        let raw = head.clone().narrow(1, 0, 3).tanh();
        let flow = head.clone().narrow(1, 3, 2).mul_scalar(20.0);
        let mask = sigmoid(head.narrow(1, 5, 1));
        let warped = warp(image, flow, GridAlignment::Corners).unwrap_or_else(|error| panic!("{error}"));
        mask.clone() * raw + mask.neg().add_scalar(1.0) * warped
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repetitions: usize = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    for training in [false, true] {
        let device = if training { Device::flex().autodiff() } else { Device::flex() };
        let mut network = UNet::new(&device);
        let inputs = |channels: usize, low: f64| -> Tensor<4> {
            Tensor::random([1, channels, SIDE, SIDE], Distribution::Uniform(low, 1.0), &device)
        };
        let (image, label, target) = (inputs(3, -1.0), inputs(1, 0.0), inputs(3, -1.0));
        let mut optimiser = AdamConfig::new().with_epsilon(1e-8).init();
        let mut times = Vec::new();
        let mut losses = Vec::new();
        for _ in 0..=repetitions {
            let start = Instant::now();
            let output = network.forward(image.clone(), label.clone());
            if training {
                let loss = (output - target.clone()).abs().mean();
                losses.push(loss.clone().into_data().try_into_vec_as::<f32>()?[0]);
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                network = optimiser.step(1e-4, network, gradients);
            } else {
                output.into_data();
            }
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let name = if training { "forward, backward and Adam" } else { "forward" };
        println!("{name}: least {:.0} ms, median {:.0} ms", 1e3 * times[0], 1e3 * times[times.len() / 2]);
        if let (Some(first), Some(last)) = (losses.first(), losses.last()) {
            println!("loss {first:.4} -> {last:.4}");
        }
    }
    Ok(())
}
