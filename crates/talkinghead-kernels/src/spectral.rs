//! Spectral normalisation as it is trained: a power iteration, the weight divided by its estimated largest singular value, and the
//! gradient of that.

use crate::convolution::check;
use crate::scratch::SharedMut;
use crate::{KernelError, parallel};

/// Vectors shorter than this are not brought to length 1.
const EPSILON: f64 = 1e-12;
/// Columns that a task sums over all rows.
const COLUMNS: usize = 2048;

/// A weight divided by its spectral norm.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralWeight {
    /// The matrix divided by `sigma`.
    pub weight: Vec<f32>,
    /// Left vector, `[rows]`.
    pub left: Vec<f32>,
    /// Right vector, `[columns]`.
    pub right: Vec<f32>,
    /// The estimate.
    pub sigma: f32,
}

/// Divides `matrix` `[rows, columns]` by `left . (matrix right)`, after a step of the power iteration if `iterates`.
///
/// # Errors
/// A buffer of the wrong length.
pub fn spectral_weight(matrix: &[f32], left: &[f32], right: &[f32], iterates: bool) -> Result<SpectralWeight, KernelError> {
    let (rows, columns) = (left.len(), right.len());
    check("matrix", matrix.len(), rows * columns)?;
    let right = if iterates { unit(transposed_product(matrix, left, columns)) } else { right.to_vec() };
    let product = product(matrix, &right, rows);
    let left = if iterates { unit(product.clone()) } else { left.to_vec() };
    let sigma = dot(&left, &product) as f32;
    let inverse = 1.0 / sigma;
    let mut weight = vec![0.0; matrix.len()];
    let shared = SharedMut::new(&mut weight);
    parallel::each(parallel::threads(4 * matrix.len()), rows, |row| {
        // SAFETY: each row is one task's.
        let to = unsafe { shared.part(row * columns, columns) };
        to.iter_mut().zip(&matrix[row * columns..][..columns]).for_each(|(to, from)| *to = from * inverse);
    });
    Ok(SpectralWeight { weight, left, right, sigma })
}

/// The gradient of [`spectral_weight`] with respect to the matrix, from its result and the gradient of the divided weight. The vectors are
/// constants.
///
/// # Errors
/// A buffer of the wrong length.
pub fn spectral_weight_gradient(
    weight: &[f32],
    left: &[f32],
    right: &[f32],
    sigma: f32,
    gradient: &[f32],
) -> Result<Vec<f32>, KernelError> {
    let (rows, columns) = (left.len(), right.len());
    check("weight", weight.len(), rows * columns)?;
    check("gradient", gradient.len(), weight.len())?;
    let threads = parallel::threads(4 * weight.len());
    let mut along = vec![0.0_f64; rows];
    let shared = SharedRows(along.as_mut_ptr());
    parallel::each(threads, rows, |row| {
        let range = row * columns..(row + 1) * columns;
        // SAFETY: each row's place is one task's, and there are as many places as rows.
        unsafe { shared.set(row, dot(&weight[range.clone()], &gradient[range])) };
    });
    let along: f64 = along.iter().sum();
    let (inverse, factor) = (1.0 / sigma, (along / f64::from(sigma)) as f32);
    let mut out = vec![0.0; weight.len()];
    let shared = SharedMut::new(&mut out);
    parallel::each(threads, rows, |row| {
        // SAFETY: each row is one task's.
        let to = unsafe { shared.part(row * columns, columns) };
        let own = factor * left[row];
        let parts = gradient[row * columns..][..columns].iter().zip(right);
        to.iter_mut().zip(parts).for_each(|(to, (gradient, right))| *to = gradient * inverse - own * right);
    });
    Ok(out)
}

/// Places for one number a task.
struct SharedRows(*mut f64);
// SAFETY: whoever writes keeps to its own place.
unsafe impl Sync for SharedRows {}
// SAFETY: as above.
unsafe impl Send for SharedRows {}

impl SharedRows {
    /// # Safety
    /// `index` is inside, and no other thread uses it.
    unsafe fn set(&self, index: usize, value: f64) {
        // SAFETY: the caller's.
        unsafe { *self.0.add(index) = value };
    }
}

/// Sixteen sums side by side, then in f64: quick, and close to exact.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(4096).zip(b.chunks(4096)) {
        let mut sums = [0.0_f32; 16];
        let (a, a_rest) = a.as_chunks::<16>();
        let (b, b_rest) = b.as_chunks::<16>();
        for (a, b) in a.iter().zip(b) {
            for lane in 0..16 {
                sums[lane] += a[lane] * b[lane];
            }
        }
        total += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
        total += a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    }
    total
}

/// `matrix x`.
fn product(matrix: &[f32], x: &[f32], rows: usize) -> Vec<f32> {
    let columns = x.len();
    let mut out = vec![0.0; rows];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(2 * matrix.len()), rows, |row| {
        // SAFETY: each row is one task's.
        let to = unsafe { shared.part(row, 1) };
        to[0] = dot(&matrix[row * columns..][..columns], x) as f32;
    });
    out
}

/// `matrix transposed x`.
fn transposed_product(matrix: &[f32], x: &[f32], columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; columns];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(2 * matrix.len()), columns.div_ceil(COLUMNS), |part| {
        let (start, length) = (part * COLUMNS, COLUMNS.min(columns - part * COLUMNS));
        // SAFETY: each part is one task's.
        let to = unsafe { shared.part(start, length) };
        for (row, factor) in x.iter().enumerate() {
            let from = &matrix[row * columns + start..][..length];
            to.iter_mut().zip(from).for_each(|(sum, value)| *sum += factor * value);
        }
    });
    out
}

fn unit(mut x: Vec<f32>) -> Vec<f32> {
    let scale = 1.0 / dot(&x, &x).sqrt().max(EPSILON);
    x.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
    x
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(seed: u32, count: usize) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn iteration_finds_the_largest_singular_value() {
        // Singular values 3 and 2.
        let matrix = [3.0, 0.0, 0.0, 0.0, 2.0, 0.0];
        let mut state = spectral_weight(&matrix, &[0.6, 0.8], &[0.0; 3], true).unwrap();
        for _ in 0..40 {
            state = spectral_weight(&matrix, &state.left, &state.right, true).unwrap();
        }
        assert!((state.sigma - 3.0).abs() < 1e-5 && (state.weight[0] - 1.0).abs() < 1e-5, "{state:?}");
        let kept = spectral_weight(&matrix, &state.left, &state.right, false).unwrap();
        assert_eq!(kept.left, state.left);
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let (rows, columns) = (5, 7);
        let (matrix, gradient) = (numbers(1, rows * columns), numbers(2, rows * columns));
        let (left, right) = (unit(numbers(3, rows)), unit(numbers(4, columns)));
        let value = |matrix: &[f32]| -> f64 {
            let made = spectral_weight(matrix, &left, &right, false).unwrap();
            made.weight.iter().zip(&gradient).map(|(w, g)| f64::from(*w) * f64::from(*g)).sum()
        };
        let made = spectral_weight(&matrix, &left, &right, false).unwrap();
        let found = spectral_weight_gradient(&made.weight, &left, &right, made.sigma, &gradient).unwrap();
        for index in 0..matrix.len() {
            let moved = |by: f32| {
                let mut matrix = matrix.clone();
                matrix[index] += by;
                value(&matrix)
            };
            let wanted = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (f64::from(found[index]) - wanted).abs() < 2e-2 * wanted.abs().max(1.0),
                "{index}: {} not {wanted}",
                found[index]
            );
        }
    }
}
