//! Adam in one pass over a parameter, and sums over gradients.

use crate::convolution::check;
use crate::scratch::SharedMut;
use crate::{KernelError, parallel};

/// Numbers that a task updates.
const PART: usize = 1 << 14;

/// The numbers of an Adam step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// What the gradient is multiplied by first.
    pub factor: f32,
    /// Decay of the mean.
    pub beta1: f32,
    /// Decay of the mean square.
    pub beta2: f32,
    /// Learning rate, divided by the mean's correction.
    pub rate: f32,
    /// Root of the mean square's correction.
    pub correction: f32,
    /// Added to the root of the corrected mean square.
    pub epsilon: f32,
}

impl AdamStep {
    /// Changes a parameter and what is remembered of its gradients. Without a mean, the gradient itself takes its place (`beta1` 0).
    ///
    /// # Errors
    /// Buffers of unequal length.
    pub fn apply(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        first: Option<&mut [f32]>,
        second: &mut [f32],
    ) -> Result<(), KernelError> {
        let count = parameter.len();
        check("gradient", gradient.len(), count)?;
        check("mean square", second.len(), count)?;
        if let Some(first) = &first {
            check("mean", first.len(), count)?;
        }
        let Self { factor, beta1, beta2, rate, correction, epsilon } = *self;
        let inverse = 1.0 / correction;
        let (parameter, second) = (SharedMut::new(parameter), SharedMut::new(second));
        let first = first.map(SharedMut::new);
        parallel::each(parallel::threads(8 * count), count.div_ceil(PART), |part| {
            let (start, length) = (part * PART, PART.min(count - part * PART));
            let gradient = &gradient[start..][..length];
            // SAFETY: each part is one task's.
            let (parameter, second) = unsafe { (parameter.part(start, length), second.part(start, length)) };
            let step = |mean: f32, second: f32| rate * mean / (second.sqrt() * inverse + epsilon);
            match &first {
                None => {
                    for ((parameter, second), gradient) in parameter.iter_mut().zip(second).zip(gradient) {
                        let gradient = gradient * factor;
                        *second = beta2 * *second + (1.0 - beta2) * (gradient * gradient);
                        *parameter -= step(gradient, *second);
                    }
                }
                Some(first) => {
                    // SAFETY: the same.
                    let first = unsafe { first.part(start, length) };
                    for (((parameter, second), first), gradient) in parameter.iter_mut().zip(second).zip(first).zip(gradient) {
                        let gradient = gradient * factor;
                        *first = beta1 * *first + (1.0 - beta1) * gradient;
                        *second = beta2 * *second + (1.0 - beta2) * (gradient * gradient);
                        *parameter -= step(*first, *second);
                    }
                }
            }
        });
        Ok(())
    }
}

/// Sum of the squares.
pub fn sum_of_squares(x: &[f32]) -> f64 {
    let parts = x.len().div_ceil(PART);
    let mut sums = vec![0.0_f32; 2 * parts];
    let shared = SharedMut::new(&mut sums);
    parallel::each(parallel::threads(2 * x.len()), parts, |part| {
        let mut total = 0.0_f64;
        for strip in x[part * PART..][..PART.min(x.len() - part * PART)].chunks(1024) {
            let mut lanes = [0.0_f32; 16];
            let (whole, rest) = strip.as_chunks::<16>();
            for values in whole {
                for lane in 0..16 {
                    lanes[lane] += values[lane] * values[lane];
                }
            }
            total += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
            total += rest.iter().map(|value| f64::from(value * value)).sum::<f64>();
        }
        // SAFETY: each part has two places of its own. Two f32 hold what an f64 does, nearly.
        let place = unsafe { shared.part(2 * part, 2) };
        place[0] = total as f32;
        place[1] = (total - f64::from(place[0])) as f32;
    });
    sums.iter().map(|&sum| f64::from(sum)).sum()
}
