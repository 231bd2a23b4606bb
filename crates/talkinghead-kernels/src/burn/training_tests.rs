//! The operations of training against the same written in Burn's own operations: values and gradients.
#![allow(clippy::unwrap_used)]

use burn::tensor::activation::leaky_relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use super::{SpadeMap, batch_norm, convolve, convolve_activated, spade, spectral_weight, upsample_nearest};
use crate::Geometry;

const SLOPE: f64 = 0.2;

fn numbers<const D: usize>(seed: u32, shape: [usize; D]) -> Tensor<D> {
    let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff()).require_grad()
}

fn close<const D: usize>(what: &str, found: Tensor<D>, wanted: Tensor<D>) {
    assert_eq!(found.dims(), wanted.dims(), "{what}");
    let values = |x: Tensor<D>| x.try_into_vec_as::<f32>().unwrap();
    let (found, wanted) = (values(found), values(wanted));
    let scale = wanted.iter().fold(1e-3_f32, |most, value| most.max(value.abs()));
    for (index, (a, b)) in found.iter().zip(&wanted).enumerate() {
        assert!((a - b).abs() <= 1e-4 * scale, "{what}, element {index}: {a} not {b}");
    }
}

/// A scalar in which every number of the result has a weight of its own.
fn weighed(y: Tensor<4>) -> Tensor<1> {
    let weights = numbers(99, y.dims()).detach();
    (y * weights).sum()
}

/// `(x - mean) / deviation` per channel over batch and pixels.
fn plain_norm(x: Tensor<4>) -> Tensor<4> {
    let mean = x.clone().mean_dim(0).mean_dim(2).mean_dim(3);
    let centred = x - mean;
    let variance = (centred.clone() * centred.clone()).mean_dim(0).mean_dim(2).mean_dim(3);
    centred / variance.add_scalar(1e-5).sqrt()
}

#[test]
fn a_batch_norm_is_what_it_says() {
    for (shape, slope) in [([2, 3, 5, 7], SLOPE), ([1, 2, 64, 70], 1.0), ([3, 4, 1, 1], SLOPE)] {
        let x = numbers(1, shape).mul_scalar(3.0).detach().require_grad();
        let weight = numbers::<1>(2, [shape[1]]).add_scalar(1.5).detach().require_grad();
        let bias = numbers::<1>(3, [shape[1]]);
        let normed = batch_norm(x.clone(), weight.clone(), bias.clone(), 1e-5, slope as f32).unwrap().unwrap();
        let over = |values: &Tensor<1>| values.clone().reshape([1, shape[1], 1, 1]);
        let wanted = leaky_relu(plain_norm(x.clone()) * over(&weight) + over(&bias), slope);
        close("result", normed.output.clone(), wanted.clone());
        close("mean", normed.mean, x.clone().mean_dim(0).mean_dim(2).mean_dim(3).reshape([shape[1]]));
        let (found, wanted) = (weighed(normed.output).backward(), weighed(wanted).backward());
        close("gradient of the input", x.grad(&found).unwrap(), x.grad(&wanted).unwrap());
        close("gradient of the weight", weight.grad(&found).unwrap(), weight.grad(&wanted).unwrap());
        close("gradient of the bias", bias.grad(&found).unwrap(), bias.grad(&wanted).unwrap());
    }
}

#[test]
fn a_batch_norm_that_cannot_be_undone_is_left_to_others() {
    let (x, bias) = (numbers(1, [2, 2, 4, 4]), numbers::<1>(3, [2]));
    let weight = Tensor::<1>::from_data([1.0_f32, 0.001], &Device::flex().autodiff()).require_grad();
    assert!(batch_norm(x, weight, bias, 1e-5, 0.2).unwrap().is_none());
}

fn modulated(y: Tensor<4>, map: &SpadeMap) -> Tensor<4> {
    let [batch, channels, ..] = y.dims();
    let [sets, twice, hidden] = map.weight.dims();
    let samples = (0..batch).map(|b| {
        let weight = map.weight.clone().narrow(0, if sets == 1 { 0 } else { b }, 1).reshape([twice, hidden, 1, 1]);
        conv2d(map.map.clone().narrow(0, b, 1), weight, map.bias.clone(), ConvOptions::new([1, 1], [0, 0], [1, 1], 1))
    });
    let both = Tensor::cat(samples.collect(), 0);
    y * both.clone().narrow(1, 0, channels).add_scalar(1.0) + both.narrow(1, channels, channels)
}

/// Branches by the hidden channels of their maps.
fn check_spade(shape: [usize; 4], branches: &[&[usize]], generated: bool, slope: f64) {
    let [batch, channels, height, width] = shape;
    let x = numbers(1, shape);
    let mut seed = 10;
    let mut map = |hidden: usize, first: bool| {
        seed += 3;
        let own = !(generated && first);
        SpadeMap {
            map: numbers(seed, [batch, hidden, height, width]),
            weight: numbers(seed + 1, [if own { 1 } else { batch }, 2 * channels, hidden]),
            bias: own.then(|| numbers::<1>(seed + 2, [2 * channels])),
        }
    };
    let maps: Vec<Vec<SpadeMap>> = branches
        .iter()
        .enumerate()
        .map(|(branch, hidden)| hidden.iter().enumerate().map(|(index, &hidden)| map(hidden, branch + index == 0)).collect())
        .collect();
    let found = spade(x.clone(), maps.clone(), 1e-5, slope as f32).unwrap();
    let normed = plain_norm(x.clone());
    let branch = |maps: &Vec<SpadeMap>| leaky_relu(maps.iter().fold(normed.clone(), modulated), slope);
    let wanted = maps.iter().map(branch).reduce(|a, b| a + b).unwrap().div_scalar(maps.len() as f64);
    close("result", found.output.clone(), wanted.clone());
    let (found, wanted) = (weighed(found.output).backward(), weighed(wanted).backward());
    close("gradient of the features", x.grad(&found).unwrap(), x.grad(&wanted).unwrap());
    for (index, map) in maps.iter().flatten().enumerate() {
        close(&format!("gradient of map {index}"), map.map.grad(&found).unwrap(), map.map.grad(&wanted).unwrap());
        close(&format!("gradient of weight {index}"), map.weight.grad(&found).unwrap(), map.weight.grad(&wanted).unwrap());
        if let Some(bias) = &map.bias {
            close(&format!("gradient of bias {index}"), bias.grad(&found).unwrap(), bias.grad(&wanted).unwrap());
        }
    }
}

#[test]
fn a_modulation_is_what_it_says() {
    check_spade([2, 3, 5, 7], &[&[4]], false, SLOPE);
    check_spade([2, 3, 5, 7], &[&[4]], true, SLOPE);
    check_spade([2, 5, 9, 33], &[&[3], &[4], &[2]], true, SLOPE);
    check_spade([2, 5, 9, 8], &[&[3, 4, 2]], true, 1.0);
    check_spade([1, 18, 16, 16], &[&[20], &[17]], false, SLOPE);
    check_spade([3, 2, 1, 1], &[&[3, 1]], false, SLOPE);
}

#[test]
fn a_modulation_refuses_what_does_not_fit() {
    let map = |shape: [usize; 4], rows: usize| {
        let weight = numbers(2, [1, rows, shape[1]]);
        vec![vec![SpadeMap { map: numbers(1, shape), weight, bias: None }]]
    };
    let run = |maps| spade(numbers(3, [2, 3, 4, 5]), maps, 1e-5, 0.2).map(|normed| normed.output.dims());
    assert_eq!(run(map([2, 6, 4, 5], 6)), Ok([2, 3, 4, 5]));
    assert!(run(map([2, 6, 4, 4], 6)).is_err());
    assert!(run(map([1, 6, 4, 5], 6)).is_err());
    assert!(run(map([2, 6, 4, 5], 5)).is_err());
    assert!(run(Vec::new()).is_err());
    assert!(run(vec![Vec::new()]).is_err());
}

#[test]
fn an_activation_behind_a_convolution_has_its_gradient() {
    for slope in [0.0, 0.2] {
        let (x, weight, bias) = (numbers(1, [2, 3, 6, 5]), numbers(2, [4, 3, 3, 3]), numbers::<1>(3, [4]));
        let geometry = Geometry::new(3, 4, 3).padding(1);
        let found = convolve_activated(x.clone(), weight.clone(), Some(bias.clone()), geometry, slope).unwrap();
        let before = convolve(x.clone(), weight.clone(), Some(bias.clone()), geometry).unwrap();
        let wanted = leaky_relu(before, f64::from(slope));
        close("result", found.clone(), wanted.clone());
        let (found, wanted) = (weighed(found).backward(), weighed(wanted).backward());
        close("gradient of the input", x.grad(&found).unwrap(), x.grad(&wanted).unwrap());
        close("gradient of the weights", weight.grad(&found).unwrap(), weight.grad(&wanted).unwrap());
        close("gradient of the bias", bias.grad(&found).unwrap(), bias.grad(&wanted).unwrap());
    }
}

#[test]
fn doubling_sums_its_gradient() {
    let x = numbers(1, [2, 3, 4, 5]);
    let y = upsample_nearest(x.clone()).unwrap();
    assert_eq!(y.dims(), [2, 3, 8, 10]);
    let weights = numbers::<4>(99, [2, 3, 8, 10]).detach();
    let gradient = x.grad(&weighed(y).backward()).unwrap();
    let wanted = weights.inner().reshape([2, 3, 4, 2, 5, 2]).sum_dim(3).sum_dim(5).reshape([2, 3, 4, 5]);
    close("gradient", gradient, wanted);
}

#[test]
fn a_spectral_norm_is_what_it_says() {
    let weight = numbers(1, [6, 3, 2, 2]);
    let unit = |x: Tensor<1>| x.clone() / (x.clone() * x).sum().sqrt();
    let constant = |seed: u32, length: usize| unit(numbers::<1>(seed, [length]).inner()).autodiff();
    let (left, right) = (constant(2, 6), constant(3, 12));
    for iterates in [false, true] {
        let found = spectral_weight(weight.clone(), left.clone(), right.clone(), iterates).unwrap();
        let matrix = weight.clone().reshape([6, 12]);
        let (mut u, mut v) = (left.clone(), right.clone());
        if iterates {
            let constant = matrix.clone().detach();
            v = unit(constant.clone().transpose().matmul(u.reshape([6, 1])).reshape([12]));
            u = unit(constant.matmul(v.clone().reshape([12, 1])).reshape([6]));
        }
        close("left", found.left, u.clone());
        close("right", found.right, v.clone());
        let sigma = (matrix.matmul(v.reshape([12, 1])).reshape([6]) * u).sum();
        let wanted = weight.clone() / sigma.reshape([1, 1, 1, 1]);
        close("result", found.weight.clone(), wanted.clone());
        let (found, wanted) = (weighed(found.weight).backward(), weighed(wanted).backward());
        close("gradient", weight.grad(&found).unwrap(), weight.grad(&wanted).unwrap());
    }
}
