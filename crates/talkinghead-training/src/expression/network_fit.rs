//! Trains one network.

use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use talkinghead_motion::expression::network::OUTPUTS;

use super::examples_of_speech::SpeechExample;
use super::network::TrainableNetwork;

const BATCH: usize = 16;
const WINDOW: usize = 75;
const LEARNING_RATE: f64 = 2e-3;
const WEIGHT_DECAY: f32 = 0.02;
const INPUT_NOISE: f32 = 0.3;
/// Weights of the outputs: opening, width, shape components.
const OUTPUT_WEIGHTS: [f32; OUTPUTS] = [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5];
/// Weight of the error of frame-to-frame differences.
const VELOCITY: f32 = 0.5;

/// Trains a network for `steps` steps; the same examples and seed give the same weights.
pub fn fit_network(examples: &[SpeechExample], steps: usize, seed: u64) -> TrainableNetwork {
    let device = Device::flex().autodiff();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let inputs = examples.first().and_then(|e| e.inputs.first()).map_or(1, Vec::len);
    let mut network = TrainableNetwork::new(inputs, &mut random, &device);
    let mut optimiser = AdamWConfig::new().with_weight_decay(WEIGHT_DECAY).init();
    // Windows are drawn in proportion to a clip's length and weight.
    let shares: Vec<f32> = examples.iter().map(|e| e.clip_weight * e.inputs.len() as f32).collect();
    let total: f32 = shares.iter().sum();
    for step in 0..steps {
        let mut batch = Batch::default();
        for _ in 0..BATCH {
            let mut left = random.random::<f32>() * total;
            let drawn = shares.iter().position(|share| {
                left -= share;
                left <= 0.0
            });
            batch.add(&examples[drawn.unwrap_or(examples.len() - 1)], &mut random);
        }
        let [inputs, targets, weights, pair_weights] = batch.tensors(&device);
        let error = network.forward_dropping(inputs, &mut random) - targets;
        let later = error.clone().slice([0..BATCH, 0..OUTPUTS, 1..WINDOW]);
        let earlier = error.clone().slice([0..BATCH, 0..OUTPUTS, 0..WINDOW - 1]);
        let velocity = later - earlier;
        let mean = |error: Tensor<3>, weights: Tensor<3>| (error.clone() * error * weights.clone()).sum() / weights.sum();
        let loss = mean(error, weights) + mean(velocity, pair_weights).mul_scalar(VELOCITY);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimiser.step(one_cycle(step, steps), network, gradients);
    }
    network
}

/// Rises over the first 30 % to the full rate, then falls to nothing, both along a cosine.
fn one_cycle(step: usize, steps: usize) -> f64 {
    let at = (step as f64 + 0.5) / steps as f64;
    let bend = |share: f64| (1.0 - (std::f64::consts::PI * share).cos()) / 2.0;
    let share = if at < 0.3 { 0.04 + 0.96 * bend(at / 0.3) } else { 1.0 - bend((at - 0.3) / 0.7) };
    LEARNING_RATE * share
}

/// Windows as `[batch, channels, frames]`.
#[derive(Default)]
struct Batch {
    inputs: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
    pair_weights: Vec<f32>,
}

impl Batch {
    fn add(&mut self, example: &SpeechExample, random: &mut ChaCha8Rng) {
        let frames = example.inputs.len();
        let start = if frames > WINDOW { random.random_range(0..=frames - WINDOW) } else { 0 };
        let at = |t: usize| (start + t < frames).then_some(start + t);
        let inputs = example.inputs.first().map_or(0, Vec::len);
        for i in 0..inputs {
            self.inputs.extend((0..WINDOW).map(|t| at(t).map_or(0.0, |f| example.inputs[f][i] + INPUT_NOISE * normal(random))));
        }
        let weight = |t: usize| at(t).map_or(0.0, |f| example.weights[f]);
        for (o, output_weight) in OUTPUT_WEIGHTS.iter().enumerate() {
            self.targets.extend((0..WINDOW).map(|t| at(t).map_or(0.0, |f| example.targets[f][o])));
            self.weights.extend((0..WINDOW).map(|t| weight(t) * output_weight));
            self.pair_weights.extend((1..WINDOW).map(|t| weight(t).min(weight(t - 1)) * output_weight));
        }
    }

    fn tensors(self, device: &Device) -> [Tensor<3>; 4] {
        let inputs = self.inputs.len() / (BATCH * WINDOW);
        let tensor = |values: Vec<f32>, channels: usize, frames: usize| {
            Tensor::from_data(TensorData::new(values, [BATCH, channels, frames]), device)
        };
        [
            tensor(self.inputs, inputs, WINDOW),
            tensor(self.targets, OUTPUTS, WINDOW),
            tensor(self.weights, OUTPUTS, WINDOW),
            tensor(self.pair_weights, OUTPUTS, WINDOW - 1),
        ]
    }
}

/// Nearly normal noise: the sum of four uniform numbers.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let sum: f32 = (0..4).map(|_| random.random::<f32>()).sum();
    (sum - 2.0) * 3f32.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use talkinghead_motion::expression::TensorFile;

    fn examples() -> Vec<SpeechExample> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let inputs: Vec<Vec<f32>> = (0..90).map(|_| (0..60).map(|_| random.random_range(-1.0..1.0)).collect()).collect();
        let targets = inputs.iter().map(|i: &Vec<f32>| std::array::from_fn(|o| i[o] + 0.5 * i[o + 20])).collect();
        vec![SpeechExample { targets, weights: vec![1.0; 90], inputs, clip_weight: 1.0 }]
    }

    #[test]
    fn the_same_seed_gives_the_same_weights() {
        let tensors = |seed: u64| {
            let mut file = TensorFile::default();
            fit_network(&examples(), 3, seed).save(&mut file, "network");
            file
        };
        assert_eq!(tensors(5), tensors(5));
        assert_ne!(tensors(5), tensors(6));
    }

    #[test]
    fn it_learns() {
        let network = fit_network(&examples(), 250, 0);
        let example = &examples()[0];
        let mut file = TensorFile::default();
        network.save(&mut file, "n");
        let plain = talkinghead_motion::expression::network::ExpressionNetwork::from_tensors(&file, "n", 60);
        let predicted = plain.map(|n| n.run(&example.inputs.concat())).unwrap_or_default();
        let square = |f: &dyn Fn(usize) -> f32| (0..90).map(|t| f(t).powi(2)).sum::<f32>();
        let error = square(&|t| predicted[t][0] - example.targets[t][0]);
        assert!(error < 0.3 * square(&|t| example.targets[t][0]), "{error}");
    }

    #[test]
    fn the_rate_rises_and_falls() {
        assert!(one_cycle(0, 300) < 0.1 * LEARNING_RATE && one_cycle(299, 300) < 0.01 * LEARNING_RATE);
        assert!((one_cycle(90, 300) / LEARNING_RATE - 1.0).abs() < 0.01);
    }
}
