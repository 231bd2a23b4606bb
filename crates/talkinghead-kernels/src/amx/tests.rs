//! The whole kernel on the model of the tile unit, and on the processor's if it has one, against the definition with rounded operands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../tests/plain/mod.rs"]
mod plain;

use proptest::prelude::*;
use talkinghead_simd::tiles::{Model, TileUnit};
use talkinghead_simd::{Job, Simd, round_to_bf16, run};

use super::transpose::{load16, to_pixels, to_planes};
use super::{Problem, TileWeights, convolve};
use crate::{Activation, Epilogue, Geometry, InstructionSet};

fn available() -> impl Iterator<Item = InstructionSet> {
    InstructionSet::ALL.into_iter().filter(|instructions| instructions.is_available())
}

fn rounded(values: Vec<f32>) -> Vec<f32> {
    values.into_iter().map(round_to_bf16).collect()
}

/// Convolves with everything in the epilogue; the operands need not be rounded.
fn convolved<U: TileUnit>(
    instructions: InstructionSet,
    geometry: &Geometry,
    weights: &[f32],
    x: &[f32],
    batch: usize,
    size: [usize; 2],
) -> Vec<f32> {
    let output = geometry.output_size(size).unwrap();
    let weights = TileWeights::new(geometry, weights);
    let length = batch * geometry.output * output[0] * output[1];
    let (bias, residual) = (plain::numbers(3, geometry.output), plain::numbers(4, length));
    let epilogue = Epilogue { bias: Some(&bias), activation: Activation::LeakyRelu(0.2), residual: Some(&residual) };
    let mut out = vec![f32::NAN; length];
    let problem = Problem { geometry, weights: &weights, x, batch, size, output, epilogue };
    // SAFETY: the model needs nothing, the processor's unit is used where it is available.
    unsafe { convolve::<U>(instructions, &problem, &mut out) };
    out
}

fn compare(geometry: Geometry, batch: usize, size: [usize; 2]) -> Result<(), String> {
    let weights = plain::numbers(1, geometry.weights());
    let x = plain::numbers(2, batch * geometry.input * size[0] * size[1]);
    let mut wanted = plain::convolve(&geometry, &rounded(weights.clone()), &rounded(x.clone()), batch, size);
    let plane = geometry.output_size(size).unwrap().iter().product::<usize>();
    let (bias, residual) = (plain::numbers(3, geometry.output), plain::numbers(4, wanted.len()));
    for (index, value) in wanted.iter_mut().enumerate() {
        *value += f64::from(bias[index / plane % geometry.output]);
        *value = if *value > 0.0 { *value } else { *value * f64::from(0.2_f32) } + f64::from(residual[index]);
    }
    let tolerance = 2e-6 * ((geometry.input * geometry.taps()) as f64).sqrt();
    for instructions in available() {
        let found = match instructions {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Amx => {
                convolved::<talkinghead_simd::tiles::Processor>(instructions, &geometry, &weights, &x, batch, size)
            }
            _ => convolved::<Model>(instructions, &geometry, &weights, &x, batch, size),
        };
        for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let difference = (f64::from(*found) - wanted).abs();
            if difference.is_nan() || difference > tolerance {
                return Err(format!("{instructions}: {geometry:?} batch {batch} size {size:?} at {index}: {found} not {wanted}"));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn equals_the_definition(
        input in 1..70usize, output in 1..70usize, kernel in prop::array::uniform2(1..5usize),
        stride in prop::array::uniform2(1..4usize), padding in prop::array::uniform2(0..4usize),
        dilation in prop::array::uniform2(1..3usize), batch in 0..3usize, size in prop::array::uniform2(1..40usize),
        transposed in any::<bool>(),
    ) {
        let mut geometry = Geometry { kernel, stride, padding, dilation, ..Geometry::new(input, output, 1) };
        if transposed {
            geometry = geometry.transposed(0);
        }
        prop_assume!(geometry.output_size(size).is_ok());
        prop_assume!(geometry.multiply_adds(batch, size).unwrap() < 20_000_000);
        compare(geometry, batch, size).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn layers_and_odd_shapes() {
    let three = |input, output| Geometry::new(input, output, 3).padding(1);
    for (geometry, size) in [
        (three(64, 64), [32, 32]),
        (three(100, 33), [16, 16]),
        (Geometry::new(3, 40, 7).padding(3), [20, 24]),
        (Geometry::new(64, 33, 4).padding(1).stride(2), [16, 64]),
        (Geometry::new(40, 32, 4).padding(1).stride(2).transposed(0), [16, 16]),
        (three(64, 32).stride(2).transposed(1), [9, 17]),
        (Geometry::new(600, 40, 1), [5, 7]),
        // More taps than a small picture has places, and phases without taps.
        (Geometry::new(2, 3, 2).stride(3).transposed(2), [4, 4]),
        (Geometry::new(5, 3, 3).padding(4).dilation(3), [3, 2]),
    ] {
        compare(geometry, 2, size).unwrap();
    }
}

#[test]
fn gradients_of_the_input_are_convolutions_too() {
    for geometry in [Geometry::new(33, 20, 4).padding(1).stride(2), Geometry::new(20, 33, 3).padding(1).stride(2).transposed(1)] {
        let size = [11, 18];
        let gradient = geometry.input_gradient(size).unwrap();
        compare(gradient, 2, geometry.output_size(size).unwrap()).unwrap();
    }
}

#[test]
fn rows_behind_the_picture_and_missing_numbers_stay_apart() {
    let geometry = Geometry::new(2, 5, 3).padding(1);
    let weights = vec![1.0; geometry.weights()];
    for instructions in available() {
        for special in [f32::NAN, f32::INFINITY, f32::MAX] {
            let mut x = vec![0.0; 2 * 8 * 8];
            x[27] = special;
            let weights = TileWeights::new(&geometry, &weights);
            let mut out = vec![0.0; 5 * 64];
            let epilogue = Epilogue::default();
            let problem =
                Problem { geometry: &geometry, weights: &weights, x: &x, batch: 1, size: [8; 2], output: [8; 2], epilogue };
            // SAFETY: the model needs nothing.
            unsafe { convolve::<Model>(instructions, &problem, &mut out) };
            for (index, value) in out.iter().enumerate() {
                let (row, column) = (index % 64 / 8, index % 8);
                let near = (2..=4).contains(&row) && (2..=4).contains(&column);
                assert_eq!(near, *value != 0.0, "{instructions} {special} at {row} {column}: {value}");
                assert!(!near || !value.is_finite(), "{value}");
            }
        }
    }
}

#[test]
fn planes_become_pixels_and_back() {
    struct There;
    impl Job for There {
        type Output = ();
        #[inline(always)]
        unsafe fn run<S: Simd>(self) {
            let planes: Vec<f32> = (0..16 * S::LANES).map(|index| index as f32).collect();
            let mut memory = vec![0.0; planes.len()];
            // SAFETY: sixteen vectors each.
            unsafe {
                let pixels = to_pixels::<S>(load16::<S>(planes.as_ptr(), S::LANES));
                for (index, vector) in pixels.into_iter().enumerate() {
                    S::store(memory.as_mut_ptr().add(index * S::LANES), vector);
                }
                for plane in 0..16 {
                    for pixel in 0..S::LANES {
                        assert_eq!(memory[pixel * 16 + plane], planes[plane * S::LANES + pixel]);
                    }
                }
                let back = to_planes::<S>(load16::<S>(memory.as_ptr(), S::LANES));
                for (index, vector) in back.into_iter().enumerate() {
                    S::store(memory.as_mut_ptr().add(index * S::LANES), vector);
                }
            }
            assert_eq!(memory, planes);
        }
    }
    for instructions in available() {
        run(instructions, There);
    }
}
