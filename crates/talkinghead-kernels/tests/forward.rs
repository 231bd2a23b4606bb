//! Every path against the definition, over odd sizes, tails, strides, paddings, dilations and directions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plain;

use proptest::prelude::*;
use talkinghead_kernels::{Activation, Convolution, Epilogue, Geometry, InstructionSet, Method};

fn available() -> Vec<InstructionSet> {
    InstructionSet::ALL.into_iter().filter(|instructions| instructions.is_available()).collect()
}

fn compare(geometry: Geometry, batch: usize, size: [usize; 2], method: Method, tolerance: f64) -> Result<(), String> {
    let weights = plain::numbers(1, geometry.weights());
    let x = plain::numbers(2, batch * geometry.input * size[0] * size[1]);
    let bias = plain::numbers(3, geometry.output);
    let out = geometry.output_size(size).unwrap();
    let plane = out[0] * out[1];
    let residual = plain::numbers(4, batch * geometry.output * plane);
    let mut wanted = plain::convolve(&geometry, &weights, &x, batch, size);
    for (index, value) in wanted.iter_mut().enumerate() {
        *value += f64::from(bias[index / plane % geometry.output]);
        *value = if *value > 0.0 { *value } else { *value * f64::from(0.2_f32) } + f64::from(residual[index]);
    }
    let scale = ((geometry.input * geometry.taps()) as f64).sqrt();
    for instructions in available() {
        let convolution = Convolution::new(geometry, weights.clone(), instructions, method).unwrap();
        let mut found = vec![f32::NAN; wanted.len()];
        let epilogue = Epilogue { bias: Some(&bias), activation: Activation::LeakyRelu(0.2), residual: Some(&residual) };
        convolution.forward(&x, batch, size, epilogue, &mut found).unwrap();
        for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let difference = (f64::from(*found) - wanted).abs();
            if difference.is_nan() || difference > tolerance * scale {
                return Err(format!("{instructions}: {geometry:?} batch {batch} size {size:?} at {index}: {found} not {wanted}"));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn equals_the_definition(
        input in 1..40usize, output in 1..40usize, kernel in prop::array::uniform2(1..5usize),
        stride in prop::array::uniform2(1..4usize), padding in prop::array::uniform2(0..4usize),
        dilation in prop::array::uniform2(1..3usize), batch in 0..3usize, size in prop::array::uniform2(1..30usize),
        transposed in any::<bool>(),
    ) {
        let mut geometry = Geometry { kernel, stride, padding, dilation, ..Geometry::new(input, output, 1) };
        if transposed {
            geometry = geometry.transposed(0);
        }
        prop_assume!(geometry.output_size(size).is_ok());
        compare(geometry, batch, size, Method::Exact, 2e-6).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn fast_equals_the_definition(
        input in 1..70usize, output in 1..70usize, batch in 0..3usize, size in prop::array::uniform2(1..50usize),
        padding in prop::array::uniform2(0..3usize),
    ) {
        let geometry = Geometry { padding, ..Geometry::new(input, output, 3) };
        prop_assume!(geometry.output_size(size).is_ok());
        compare(geometry, batch, size, Method::Fast, 2e-5).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn deep_and_wide() {
    let three = |input, output| Geometry::new(input, output, 3).padding(1);
    for (geometry, size) in [
        (three(130, 70), [16, 24]),
        (three(300, 9), [8, 8]),
        (three(64, 64), [33, 32]),
        (Geometry::new(64, 33, 4).padding(2).stride(2), [17, 64]),
        (three(64, 32).stride(2).transposed(1), [16, 16]),
        (Geometry::new(600, 40, 1), [5, 7]),
    ] {
        compare(geometry, 1, size, Method::Exact, 2e-6).unwrap();
        compare(geometry, 2, size, Method::Fast, 2e-5).unwrap();
    }
}

#[test]
fn huge_and_missing_numbers_go_through() {
    let geometry = Geometry::new(2, 5, 3).padding(1);
    for instructions in available() {
        for special in [f32::NAN, f32::INFINITY, f32::MAX] {
            let mut x = vec![0.0; 2 * 8 * 8];
            x[27] = special;
            let convolution = Convolution::new(geometry, vec![1.0; geometry.weights()], instructions, Method::Exact).unwrap();
            let mut out = vec![0.0; 5 * 64];
            convolution.forward(&x, 1, [8, 8], Epilogue::default(), &mut out).unwrap();
            // Row 3, column 3 of channel 0: seen by its nine neighbours, by nobody else.
            for (index, value) in out.iter().enumerate() {
                let (row, column) = (index % 64 / 8, index % 8);
                let near = (2..=4).contains(&row) && (2..=4).contains(&column);
                assert_eq!(near, *value != 0.0, "{instructions} {special} at {row} {column}: {value}");
            }
        }
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let geometry = Geometry::new(2, 3, 3).padding(1);
    assert!(Convolution::new(geometry, vec![0.0; 53], InstructionSet::Portable, Method::Exact).is_err());
    let convolution = Convolution::new(geometry, vec![0.0; 54], InstructionSet::Portable, Method::Exact).unwrap();
    let mut out = vec![0.0; 3 * 16];
    let none = Epilogue::default();
    assert!(convolution.forward(&[0.0; 31], 1, [4, 4], none, &mut out).is_err());
    assert!(convolution.forward(&[0.0; 32], 1, [4, 4], none, &mut out[1..]).is_err());
    let short = Epilogue { bias: Some(&[0.0]), ..none };
    assert!(convolution.forward(&[0.0; 32], 1, [4, 4], short, &mut out).is_err());
    convolution.forward(&[0.0; 32], 1, [4, 4], none, &mut out).unwrap();
}
