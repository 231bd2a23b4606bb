//! Every instruction set this machine has computes what the definition says.

use super::{Job, Simd, run};
use crate::InstructionSet;

/// Numbers of both signs, of which none is zero.
fn numbers(seed: f32, length: usize) -> Vec<f32> {
    (0..length).map(|i| (i as f32 * 0.37 + seed).sin() + 1e-3).collect()
}

/// Lane by lane: `a * b + c`, `c - a * b`, a leaky ReLU of `a`, and `b` where `a` is positive, else `c`.
struct Arithmetic<'a>([&'a [f32]; 3]);

impl Job for Arithmetic<'_> {
    type Output = [Vec<f32>; 4];

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> [Vec<f32>; 4] {
        let mut results = [(); 4].map(|()| vec![0.0; S::LANES]);
        // SAFETY: all slices hold at least the 16 numbers of the widest vector; the processor has S's instructions.
        unsafe {
            let [a, b, c] = self.0.map(|values| S::load(values.as_ptr()));
            S::store(results[0].as_mut_ptr(), S::fma(a, b, c));
            S::store(results[1].as_mut_ptr(), S::fnma(a, b, c));
            S::store(results[2].as_mut_ptr(), S::leaky_relu(a, S::splat(0.2)));
            S::store(results[3].as_mut_ptr(), S::where_positive(a, b, c));
        }
        results
    }
}

/// Every fourth number from each phase, then back.
struct Shuffles<'a>(&'a [f32]);

impl Job for Shuffles<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let mut memory = vec![0.0; 4 * S::LANES];
        // SAFETY: four vectors are read and written where there are as many; the processor has S's instructions.
        unsafe {
            let load = |part: usize| S::load(self.0.as_ptr().add(part * S::LANES));
            let phases = S::deinterleave4([load(0), load(1), load(2), load(3)]);
            for (phase, vector) in phases.into_iter().enumerate() {
                S::store(memory.as_mut_ptr(), vector);
                (0..S::LANES).for_each(|i| assert_eq!(memory[i], self.0[4 * i + phase]));
            }
            for (part, vector) in S::interleave4(phases).into_iter().enumerate() {
                S::store(memory.as_mut_ptr().add(part * S::LANES), vector);
            }
            assert_eq!(memory, self.0[..4 * S::LANES]);
            S::store(memory.as_mut_ptr(), S::even([load(0), load(1)]));
            (0..S::LANES).for_each(|i| assert_eq!(memory[i], self.0[2 * i]));
        }
    }
}

#[test]
fn arithmetic_is_that_of_single_numbers() {
    let [a, b, c] = [1.0, 2.0, 3.0].map(|seed| numbers(seed, 16));
    for instructions in InstructionSet::available() {
        let found = run(instructions, Arithmetic([&a, &b, &c]));
        for i in 0..found[0].len() {
            let wanted = [
                a[i] * b[i] + c[i],
                c[i] - a[i] * b[i],
                if a[i] > 0.0 { a[i] } else { 0.2 * a[i] },
                if a[i] > 0.0 { b[i] } else { c[i] },
            ];
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found[i] - wanted).abs() < 1e-6, "{instructions}: {} {wanted}", found[i]);
            }
        }
    }
}

#[test]
fn shuffles_sort_and_undo() {
    let values = numbers(0.5, 64);
    for instructions in InstructionSet::available() {
        run(instructions, Shuffles(&values));
    }
}
