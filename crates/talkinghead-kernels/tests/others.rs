//! Modulation, attention, sampling and the memory-bound passes against their definitions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plain;

use plain::numbers;
use proptest::prelude::*;
use talkinghead_kernels::{
    Activation, Branch, Corners, InstructionSet, Modulation, ModulationWeights, Sampling, attention, instance_norm,
    instance_norm_gradient, merge_shots, modulate, scale_and_shift, upsample_nearest,
};

fn available() -> impl Iterator<Item = InstructionSet> {
    InstructionSet::ALL.into_iter().filter(|instructions| instructions.is_available())
}

fn lrelu(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.2 * x }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn modulation_equals_its_definition(
        channels in 1..40usize, hidden in prop::collection::vec(1..50usize, 0..4), pixels in 1..120usize, in_turn in any::<bool>(),
    ) {
        let x = numbers(1, channels * pixels);
        let parts: Vec<_> = hidden.iter().enumerate().map(|(j, &hidden)| {
            let seed = 10 * (j as u64 + 1);
            let [gamma, beta] = [numbers(seed, channels * hidden), numbers(seed + 1, channels * hidden)];
            let biases = [numbers(seed + 2, channels), numbers(seed + 3, channels)];
            (hidden, gamma, beta, biases, numbers(seed + 4, hidden * pixels))
        }).collect();
        let (scale, shift) = (numbers(5, channels), numbers(6, channels));
        // All maps on one branch, or a branch for each.
        let groups: Vec<Vec<usize>> =
            if in_turn || parts.is_empty() { vec![(0..parts.len()).collect()] } else { (0..parts.len()).map(|j| vec![j]).collect() };
        let mut wanted = vec![0.0_f64; x.len()];
        for group in &groups {
            for c in 0..channels {
                for p in 0..pixels {
                    let mut y = f64::from(x[c * pixels + p]) * f64::from(scale[c]) + f64::from(shift[c]);
                    for &j in group {
                        let (hidden, gamma, beta, biases, map) = &parts[j];
                        let dot = |w: &[f32]| -> f64 {
                            (0..*hidden).map(|h| f64::from(w[c * hidden + h]) * f64::from(map[h * pixels + p])).sum()
                        };
                        let gamma = 1.0 + dot(gamma) + f64::from(biases[0][c]);
                        y = y * gamma + dot(beta) + f64::from(biases[1][c]);
                    }
                    wanted[c * pixels + p] += lrelu(y) / groups.len() as f64;
                }
            }
        }
        for instructions in available() {
            let weights: Vec<_> = parts.iter().map(|(_, gamma, beta, biases, _)| {
                ModulationWeights::new(instructions, channels, gamma, beta, Some([&biases[0], &biases[1]])).unwrap()
            }).collect();
            let modulations: Vec<Vec<Modulation>> = groups.iter()
                .map(|group| group.iter().map(|&j| Modulation { weights: &weights[j], map: &parts[j].4 }).collect()).collect();
            let branches: Vec<Branch> = modulations.iter()
                .map(|modulations| Branch { scale: Some(&scale), shift: Some(&shift), modulations }).collect();
            let mut found = vec![f32::NAN; x.len()];
            modulate(instructions, &x, channels, &branches, Activation::LeakyRelu(0.2), &mut found).unwrap();
            for (found, wanted) in found.iter().zip(&wanted) {
                prop_assert!((f64::from(*found) - wanted).abs() < 1e-4 * wanted.abs().max(1.0), "{instructions}: {found} not {wanted}");
            }
        }
    }

    #[test]
    fn attention_weighs_shots(shots in 1..9usize, channels in 1..20usize, pixels in 1..2500usize) {
        let keys = numbers(1, shots * channels * pixels);
        let query: Vec<f32> = numbers(2, channels * pixels).iter().map(|x| 4.0 * x).collect();
        let joint = numbers(3, channels * pixels);
        for instructions in available() {
            let weights = attention(instructions, &keys, &query, shots, channels).unwrap();
            let merged = merge_shots(instructions, &keys, &weights, Some(&joint), channels, shots).unwrap();
            for p in (0..pixels).step_by(37) {
                let energy: Vec<f64> = (0..shots).map(|s| (0..channels).map(|c| {
                    f64::from(keys[(s * channels + c) * pixels + p]) * f64::from(query[c * pixels + p])
                }).sum()).collect();
                let total: f64 = energy.iter().map(|e| e.exp()).sum();
                for s in 0..shots {
                    prop_assert!((f64::from(weights[s * pixels + p]) - energy[s].exp() / total).abs() < 1e-4);
                }
                for c in 0..channels {
                    let wanted: f64 = f64::from(joint[c * pixels + p]) + (0..shots).map(|s| {
                        f64::from(keys[(s * channels + c) * pixels + p]) * f64::from(weights[s * pixels + p])
                    }).sum::<f64>();
                    prop_assert!((f64::from(merged[c * pixels + p]) - wanted).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn sampling_has_its_own_gradients(
        size in prop::array::uniform2(2..7usize), out in prop::array::uniform2(1..6usize), edges in any::<bool>(),
    ) {
        let corners = if edges { Corners::Edges } else { Corners::Centres };
        let sampling = Sampling { batch: 2, channels: 3, size, out, corners };
        let x = numbers(1, 2 * 3 * size[0] * size[1]);
        let grid: Vec<f32> = numbers(2, 2 * out[0] * out[1] * 2).iter().map(|v| 1.3 * v).collect();
        let y = numbers(3, 2 * 3 * out[0] * out[1]);
        let loss = |x: &[f32], grid: &[f32]| -> f64 {
            sampling.forward(x, grid).unwrap().iter().zip(&y).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let (of_x, of_grid) = sampling.backward(&x, &grid, &y).unwrap();
        for index in 0..x.len() {
            let mut moved = x.clone();
            moved[index] += 0.5;
            // The loss is linear in the picture.
            let wanted = (loss(&moved, &grid) - loss(&x, &grid)) / 0.5;
            prop_assert!((f64::from(of_x[index]) - wanted).abs() < 1e-5);
        }
        for index in 0..grid.len() {
            let difference = |step: f32| {
                let (mut more, mut less) = (grid.clone(), grid.clone());
                more[index] += step;
                less[index] -= step;
                (loss(&x, &more) - loss(&x, &less)) / f64::from(more[index] - less[index])
            };
            // Piecewise linear along each axis: where two steps agree there is no kink between.
            let (near, far) = (difference(1e-3), difference(2e-3));
            if (near - far).abs() < 1e-3 {
                prop_assert!((f64::from(of_grid[index]) - near).abs() < 5e-3, "{} not {near}", of_grid[index]);
            }
        }
    }
}

#[test]
fn passes_over_memory() {
    let x = numbers(1, 2 * 3 * 35);
    let (scale, shift) = (numbers(2, 3), numbers(3, 3));
    for instructions in available() {
        let found = scale_and_shift(instructions, &x, &scale, &shift, Activation::LeakyRelu(0.2), 2).unwrap();
        for (index, found) in found.iter().enumerate() {
            let c = index / 35 % 3;
            let wanted = lrelu(f64::from(x[index]) * f64::from(scale[c]) + f64::from(shift[c]));
            assert!((f64::from(*found) - wanted).abs() < 1e-6);
        }
    }
    let doubled = upsample_nearest(&x, 6, [5, 7]).unwrap();
    for (index, value) in doubled.iter().enumerate() {
        let (plane, row, column) = (index / 140, index % 140 / 14, index % 14);
        assert_eq!(*value, x[plane * 35 + row / 2 * 7 + column / 2]);
    }
    let sampling = Sampling { batch: 1, channels: 1, size: [0, 3], out: [1, 1], corners: Corners::Edges };
    assert!(sampling.forward(&[], &[0.0, 0.0]).is_err());
}

#[test]
fn nan_in_a_grid_reads_somewhere_inside() {
    let sampling = Sampling { batch: 1, channels: 1, size: [2, 2], out: [1, 2], corners: Corners::Centres };
    let found = sampling.forward(&[1.0, 2.0, 3.0, 4.0], &[f32::NAN, 0.0, f32::INFINITY, f32::NEG_INFINITY]).unwrap();
    assert_eq!(found[1], 2.0);
}

#[test]
fn instance_norm_and_its_gradient() {
    for (planes, pixels) in [(1, 5), (3, 40), (2, 9001)] {
        let x: Vec<f32> = numbers(1, planes * pixels).iter().map(|v| 3.0 * v + 1.0).collect();
        let weights = numbers(2, planes * pixels);
        // In f64, as plainly as can be.
        let forward = |x: &[f64], slope: f64| -> Vec<f64> {
            x.chunks(pixels)
                .flat_map(|plane| {
                    let mean = plane.iter().sum::<f64>() / pixels as f64;
                    let variance = plane.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / pixels as f64;
                    let inverse = 1.0 / (variance + 1e-5).sqrt();
                    plane
                        .iter()
                        .map(move |v| (v - mean) * inverse)
                        .map(move |v| if v > 0.0 { v } else { slope * v })
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        let exact: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        for instructions in available() {
            for slope in [1.0_f32, 0.2] {
                let (y, inverse) = instance_norm(instructions, &x, planes, 1e-5, slope).unwrap();
                let wanted = forward(&exact, f64::from(slope));
                assert!(y.iter().zip(&wanted).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5), "{instructions}");
                let gradient = instance_norm_gradient(instructions, &y, &inverse, &weights, slope).unwrap();
                for index in (0..x.len()).step_by(1 + x.len() / 50) {
                    let loss = |step: f64| -> f64 {
                        let mut moved = exact.clone();
                        moved[index] += step;
                        forward(&moved, f64::from(slope)).iter().zip(&weights).map(|(a, b)| a * f64::from(*b)).sum()
                    };
                    let wanted = (loss(1e-5) - loss(-1e-5)) / 2e-5;
                    assert!(
                        (f64::from(gradient[index]) - wanted).abs() < 1e-4,
                        "{instructions} {slope}: {} not {wanted}",
                        gradient[index]
                    );
                }
            }
        }
    }
    assert!(instance_norm_gradient(InstructionSet::Portable, &[1.0], &[1.0], &[1.0], 0.0).is_err());
}
