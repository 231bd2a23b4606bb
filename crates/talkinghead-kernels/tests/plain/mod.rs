//! The definition of a convolution, written down as plainly as possible.

#![allow(dead_code)]

use talkinghead_kernels::{Direction, Geometry};

/// A small deterministic sequence in -1..1.
pub fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Convolution in f64, `[batch, output, h, w]`.
pub fn convolve(geometry: &Geometry, weights: &[f32], x: &[f32], batch: usize, size: [usize; 2]) -> Vec<f64> {
    let out = geometry.output_size(size).expect("a possible geometry");
    let Geometry { input, output, kernel, stride, padding, dilation, direction } = *geometry;
    let mut result = vec![0.0; batch * output * out[0] * out[1]];
    let windows = if direction == Direction::Ordinary { out } else { size };
    for b in 0..batch {
        for o in 0..output {
            for i in 0..input {
                for (ky, kx) in (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))) {
                    for (wy, wx) in (0..windows[0]).flat_map(|y| (0..windows[1]).map(move |x| (y, x))) {
                        let y = (wy * stride[0] + ky * dilation[0]) as isize - padding[0] as isize;
                        let x_ = (wx * stride[1] + kx * dilation[1]) as isize - padding[1] as isize;
                        let other = if direction == Direction::Ordinary { size } else { out };
                        if y < 0 || x_ < 0 || y as usize >= other[0] || x_ as usize >= other[1] {
                            continue;
                        }
                        let (y, x_) = (y as usize, x_ as usize);
                        if direction == Direction::Ordinary {
                            let weight = weights[((o * input + i) * kernel[0] + ky) * kernel[1] + kx];
                            let value = x[((b * input + i) * size[0] + y) * size[1] + x_];
                            result[((b * output + o) * out[0] + wy) * out[1] + wx] += f64::from(weight) * f64::from(value);
                        } else {
                            let weight = weights[((i * output + o) * kernel[0] + ky) * kernel[1] + kx];
                            let value = x[((b * input + i) * size[0] + wy) * size[1] + wx];
                            result[((b * output + o) * out[0] + y) * out[1] + x_] += f64::from(weight) * f64::from(value);
                        }
                    }
                }
            }
        }
    }
    result
}

/// Gradient of the weights in f64, in their layout.
pub fn weight_gradient(geometry: &Geometry, x: &[f32], y: &[f32], batch: usize, size: [usize; 2]) -> Vec<f64> {
    // The derivative of sum(y * convolve(w, x)) with respect to each weight, one at a time: slow, and hard to get wrong.
    (0..geometry.weights())
        .map(|index| {
            let mut weights = vec![0.0; geometry.weights()];
            weights[index] = 1.0;
            convolve(geometry, &weights, x, batch, size).iter().zip(y).map(|(a, b)| a * f64::from(*b)).sum()
        })
        .collect()
}

/// Gradient of the input in f64 by the same principle.
pub fn input_gradient(geometry: &Geometry, weights: &[f32], y: &[f32], batch: usize, size: [usize; 2]) -> Vec<f64> {
    (0..batch * geometry.input * size[0] * size[1])
        .map(|index| {
            let mut x = vec![0.0; batch * geometry.input * size[0] * size[1]];
            x[index] = 1.0;
            convolve(geometry, weights, &x, batch, size).iter().zip(y).map(|(a, b)| a * f64::from(*b)).sum()
        })
        .collect()
}
