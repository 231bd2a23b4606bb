//! Gradients of every path against the definition: the forward pass is linear in input and weights, so each derivative is the forward
//! pass of a unit vector.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plain;

use proptest::prelude::*;
use talkinghead_kernels::{Convolution, Epilogue, Geometry, InstructionSet, Method, bias_gradient, weight_gradient};

fn close(what: &str, found: &[f32], wanted: &[f64], depth: usize) -> Result<(), String> {
    let tolerance = 3e-6 * (depth as f64).sqrt().max(1.0);
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let difference = (f64::from(*found) - wanted).abs();
        if difference.is_nan() || difference > tolerance {
            return Err(format!("{what} at {index}: {found} not {wanted}"));
        }
    }
    if found.len() == wanted.len() { Ok(()) } else { Err(format!("{what}: {} numbers, not {}", found.len(), wanted.len())) }
}

fn compare(geometry: Geometry, batch: usize, size: [usize; 2]) -> Result<(), String> {
    let output = geometry.output_size(size).unwrap();
    let weights = plain::numbers(1, geometry.weights());
    let x = plain::numbers(2, batch * geometry.input * size[0] * size[1]);
    let y = plain::numbers(3, batch * geometry.output * output[0] * output[1]);
    let wanted_weights = plain::weight_gradient(&geometry, &x, &y, batch, size);
    let wanted_input = plain::input_gradient(&geometry, &weights, &y, batch, size);
    let pixels = output[0] * output[1];
    for instructions in InstructionSet::ALL.into_iter().filter(|instructions| instructions.is_available()) {
        let found = weight_gradient(&geometry, instructions, &x, &y, batch, size).unwrap();
        close(&format!("{instructions} weights {geometry:?} {batch} {size:?}"), &found, &wanted_weights, batch * pixels)?;
        let backward =
            Convolution::new(geometry.input_gradient(size).unwrap(), weights.clone(), instructions, Method::Exact).unwrap();
        let mut found = vec![f32::NAN; x.len()];
        backward.forward(&y, batch, output, Epilogue::default(), &mut found).unwrap();
        close(
            &format!("{instructions} input {geometry:?} {batch} {size:?}"),
            &found,
            &wanted_input,
            geometry.output * geometry.taps(),
        )?;
    }
    let wanted: Vec<f64> = (0..geometry.output)
        .map(|o| (0..batch).flat_map(|b| &y[(b * geometry.output + o) * pixels..][..pixels]).map(|&v| f64::from(v)).sum())
        .collect();
    close("bias", &bias_gradient(&y, batch, geometry.output), &wanted, batch * pixels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn equal_the_definition(
        input in 1..11usize, output in 1..11usize, kernel in prop::array::uniform2(1..5usize),
        stride in prop::array::uniform2(1..4usize), padding in prop::array::uniform2(0..4usize),
        dilation in prop::array::uniform2(1..3usize), batch in 0..3usize, size in prop::array::uniform2(1..12usize),
        transposed in any::<bool>(),
    ) {
        let mut geometry = Geometry { kernel, stride, padding, dilation, ..Geometry::new(input, output, 1) };
        if transposed {
            geometry = geometry.transposed(0);
        }
        prop_assume!(geometry.output_size(size).is_ok());
        compare(geometry, batch, size).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn more_channels_than_a_tile() {
    compare(Geometry::new(18, 21, 3).padding(1), 1, [10, 9]).unwrap();
    compare(Geometry::new(33, 9, 1), 2, [7, 5]).unwrap();
    compare(Geometry::new(20, 10, 3).padding(1).stride(2).transposed(1), 1, [4, 6]).unwrap();
}
