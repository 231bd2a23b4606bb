//! Convolution in bf16 on every path: the same as the definition with rounded operands, and near f32.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plain;

use talkinghead_kernels::{Convolution, Epilogue, Geometry, InstructionSet, Method, Precision};

fn available() -> impl Iterator<Item = InstructionSet> {
    InstructionSet::ALL.into_iter().filter(|instructions| instructions.is_available())
}

/// To the nearest bf16, ties to even, by way of the definition: the two neighbours and which is nearer.
fn round(value: f32) -> f32 {
    let below = value.to_bits() & 0xffff_0000;
    let [low, high] = [below, below + 0x1_0000].map(|bits| f64::from(f32::from_bits(bits)));
    let (to_low, to_high) = ((f64::from(value) - low).abs(), (f64::from(value) - high).abs());
    let even = below & 0x1_0000 == 0;
    f32::from_bits(if to_low < to_high || (to_low == to_high && even) { below } else { below + 0x1_0000 })
}

fn forward(convolution: &Convolution, x: &[f32], batch: usize, size: [usize; 2]) -> Vec<f32> {
    let geometry = convolution.geometry();
    let output = geometry.output_size(size).unwrap();
    let mut out = vec![f32::NAN; batch * geometry.output * output[0] * output[1]];
    convolution.forward(x, batch, size, Epilogue::default(), &mut out).unwrap();
    out
}

fn cases() -> [(Geometry, [usize; 2]); 7] {
    let three = |input, output| Geometry::new(input, output, 3).padding(1);
    [
        (three(64, 64), [16, 24]),
        (three(35, 20), [9, 21]),
        (Geometry::new(3, 17, 7).padding(3), [12, 10]),
        (Geometry::new(40, 33, 4).padding(1).stride(2), [14, 18]),
        (Geometry::new(33, 24, 4).padding(1).stride(2).transposed(0), [7, 9]),
        (three(16, 16).dilation(2), [8, 8]),
        (Geometry::new(100, 40, 1), [5, 7]),
    ]
}

#[test]
fn equals_the_definition_with_rounded_operands() {
    for (geometry, size) in cases() {
        let weights = plain::numbers(1, geometry.weights());
        let x = plain::numbers(2, 2 * geometry.input * size[0] * size[1]);
        let [rounded, rounded_x] = [&weights, &x].map(|values| values.iter().copied().map(round).collect::<Vec<_>>());
        let wanted = plain::convolve(&geometry, &rounded, &rounded_x, 2, size);
        let tolerance = 2e-6 * ((geometry.input * geometry.taps()) as f64).sqrt();
        for instructions in available() {
            for method in [Method::Exact, Method::Fast] {
                let convolution = Convolution::new(geometry, weights.clone(), instructions, method).unwrap();
                let convolution = convolution.with_precision(Precision::Bf16);
                assert_eq!(convolution.precision(), Precision::Bf16);
                for (found, wanted) in forward(&convolution, &x, 2, size).iter().zip(&wanted) {
                    assert!((f64::from(*found) - wanted).abs() < tolerance, "{instructions} {geometry:?}: {found} not {wanted}");
                }
            }
        }
    }
}

#[test]
fn is_near_f32_but_not_f32() {
    let geometry = Geometry::new(64, 32, 3).padding(1);
    let size = [16, 16];
    let weights = plain::numbers(1, geometry.weights());
    let x = plain::numbers(2, geometry.input * size[0] * size[1]);
    let wanted = plain::convolve(&geometry, &weights, &x, 1, size);
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    for instructions in available() {
        let convolution = Convolution::new(geometry, weights.clone(), instructions, Method::Exact).unwrap();
        let found = forward(&convolution.with_precision(Precision::Bf16), &x, 1, size);
        let error = power(&mut found.iter().zip(&wanted).map(|(found, wanted)| f64::from(*found) - wanted));
        let decibel = 10.0 * (power(&mut wanted.iter().copied()) / error).log10();
        // Two operands rounded to 8 bits each: about 2^-9 / sqrt(3) * sqrt(2) of the size, 53 dB.
        assert!((50.0..60.0).contains(&decibel), "{instructions}: signal to error {decibel} dB");
    }
}

#[test]
fn auto_is_bf16_on_the_matrix_tiles_alone() {
    let geometry = Geometry::new(8, 8, 3).padding(1);
    let weights = plain::numbers(1, geometry.weights());
    let x = plain::numbers(2, 8 * 64);
    for instructions in available() {
        let new = || Convolution::new(geometry, weights.clone(), instructions, Method::Exact).unwrap();
        let auto = new().with_precision(Precision::Auto);
        let same = if instructions == InstructionSet::Amx { Precision::Bf16 } else { Precision::F32 };
        assert_eq!(auto.precision(), same);
        assert_eq!(forward(&auto, &x, 1, [8, 8]), forward(&new().with_precision(same), &x, 1, [8, 8]));
        assert_eq!(new().precision(), Precision::F32);
    }
}

#[test]
fn missing_numbers_stay_missing() {
    let geometry = Geometry::new(2, 3, 3).padding(1);
    let mut x = vec![1.0; 2 * 25];
    x[12] = f32::from_bits(0x7f80_0001);
    for instructions in available() {
        let convolution = Convolution::new(geometry, vec![1.0; geometry.weights()], instructions, Method::Exact).unwrap();
        let out = forward(&convolution.with_precision(Precision::Bf16), &x, 1, [5, 5]);
        for (index, value) in out.iter().enumerate() {
            let near = (1..=3).contains(&(index % 25 / 5)) && (1..=3).contains(&(index % 5));
            assert_eq!(near, value.is_nan(), "{instructions} at {index}: {value}");
        }
    }
}

#[test]
fn the_gradient_of_the_input_is_right_in_bf16() {
    let geometry = Geometry::new(20, 33, 4).padding(1).stride(2);
    let size = [11, 18];
    let small = geometry.output_size(size).unwrap();
    let weights = plain::numbers(1, geometry.weights());
    let y = plain::numbers(2, geometry.output * small[0] * small[1]);
    let [rounded, rounded_y] = [&weights, &y].map(|values| values.iter().copied().map(round).collect::<Vec<_>>());
    for instructions in available() {
        let gradient =
            Convolution::new(geometry.input_gradient(size).unwrap(), weights.clone(), instructions, Method::Exact).unwrap();
        let found = forward(&gradient.with_precision(Precision::Bf16), &y, 1, small);
        // The derivative of sum(y * convolve(x)) with respect to single pixels of x.
        for index in (0..found.len()).step_by(97) {
            let mut x = vec![0.0; found.len()];
            x[index] = 1.0;
            let moved = plain::convolve(&geometry, &rounded, &x, 1, size);
            let wanted: f64 = moved.iter().zip(&rounded_y).map(|(a, b)| a * f64::from(*b)).sum();
            assert!((f64::from(found[index]) - wanted).abs() < 1e-4, "{instructions}: {} not {wanted}", found[index]);
        }
    }
}
