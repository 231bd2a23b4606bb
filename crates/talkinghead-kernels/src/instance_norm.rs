//! Instance normalisation and the leaky ReLU behind it, forward and backward, each in as few passes as there can be.

use talkinghead_simd::{Job, Simd, run};

use crate::convolution::check;
use crate::scratch::SharedMut;
use crate::{InstructionSet, KernelError, parallel};

/// Pixels summed in f32 before the sum goes on in f64.
const STRIP: usize = 4096;

/// Normalises each plane of `x` `[planes, pixels]` to mean 0 and variance 1 (biased, `epsilon` added) and applies a leaky ReLU of that
/// slope (1 for none). Returns the result and the inverse deviation of each plane.
///
/// # Errors
/// A buffer of the wrong length.
pub fn instance_norm(
    instructions: InstructionSet,
    x: &[f32],
    planes: usize,
    epsilon: f32,
    slope: f32,
) -> Result<(Vec<f32>, Vec<f32>), KernelError> {
    let pixels = x.len() / planes.max(1);
    check("input", x.len(), planes * pixels)?;
    let (mut out, mut inverse) = (vec![0.0; x.len()], vec![0.0; planes]);
    let (shared, shared_inverse) = (SharedMut::new(&mut out), SharedMut::new(&mut inverse));
    parallel::each(parallel::threads(10 * x.len()), planes, |plane| {
        let x = &x[plane * pixels..][..pixels];
        // SAFETY: each plane is one task's.
        let (out, inverse) = unsafe { (shared.part(plane * pixels, pixels), shared_inverse.part(plane, 1)) };
        let count = pixels as f64;
        let mean = run(instructions, Sums { a: x, b: None, from: 0.0, slope: 1.0 })[0] / count;
        let variance = run(instructions, Sums { a: x, b: None, from: mean as f32, slope: 1.0 })[1] / count;
        let deviation = 1.0 / (variance + f64::from(epsilon)).sqrt();
        inverse[0] = deviation as f32;
        run(instructions, Apply { a: x, b: None, out, factors: [deviation as f32, 0.0, (-mean * deviation) as f32], slope });
    });
    Ok((out, inverse))
}

/// The gradient of [`instance_norm`] with respect to `x`, from its result `y`, the inverse deviations and the gradient of the result.
///
/// # Errors
/// Buffers of the wrong length, or a slope of 0, which cannot be undone.
pub fn instance_norm_gradient(
    instructions: InstructionSet,
    y: &[f32],
    inverse: &[f32],
    gradient: &[f32],
    slope: f32,
) -> Result<Vec<f32>, KernelError> {
    let planes = inverse.len();
    let pixels = y.len() / planes.max(1);
    check("result", y.len(), planes * pixels)?;
    check("gradient", gradient.len(), y.len())?;
    check_slope(slope)?;
    let mut out = vec![0.0; y.len()];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(10 * y.len()), planes, |plane| {
        let range = plane * pixels..(plane + 1) * pixels;
        let (y, gradient) = (&y[range.clone()], &gradient[range]);
        // SAFETY: each plane is one task's.
        let out = unsafe { shared.part(plane * pixels, pixels) };
        let sums = run(instructions, Sums { a: y, b: Some(gradient), from: 0.0, slope });
        let count = pixels as f64;
        let inverse = f64::from(inverse[plane]);
        let factors = [-sums[1] / count * inverse, inverse, -sums[0] / count * inverse];
        run(instructions, Apply { a: y, b: Some(gradient), out, factors: factors.map(|factor| factor as f32), slope });
    });
    Ok(out)
}

/// Whether the activation behind a norm can be undone, as the gradient must.
pub(crate) fn check_slope(slope: f32) -> Result<(), KernelError> {
    if slope == 0.0 {
        return Err(KernelError::Geometry("the gradient of a norm needs an activation that can be undone".into()));
    }
    Ok(())
}

/// Without `b`: the sum and the sum of squares of `a - from`. With `b`, where `a` is what an activation of that slope made: the sum of
/// `b'` and of `b' * a'`, where `a'` is `a` before the activation and `b'` is `b` times the activation's derivative.
pub(crate) struct Sums<'a> {
    pub a: &'a [f32],
    pub b: Option<&'a [f32]>,
    pub from: f32,
    pub slope: f32,
}

/// Undoes the activation: (value before, derivative).
#[inline(always)]
fn undone(value: f32, slope: f32) -> (f32, f32) {
    if value > 0.0 { (value, 1.0) } else { (value / slope, slope) }
}

impl Job for Sums<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> [f64; 2] {
        let Self { a, b, from, slope } = self;
        debug_assert!(b.is_none_or(|b| b.len() == a.len()) && S::LANES <= 16);
        let mut totals = [0.0_f64; 2];
        for start in (0..a.len()).step_by(STRIP) {
            let end = (start + STRIP).min(a.len());
            let whole = start + (end - start) / S::LANES * S::LANES;
            let mut lanes = [[0.0_f32; 16]; 2];
            // SAFETY: whole vectors inside the slices, which are equally long; the processor has S's instructions.
            unsafe {
                let zero = S::splat(0.0);
                let (mut first, mut second) = (zero, zero);
                let from = S::splat(from);
                let slopes = S::splat(slope);
                let inverse = S::splat(1.0 / slope);
                for at in (start..whole).step_by(S::LANES) {
                    let value = S::load(a.as_ptr().add(at));
                    let (x, y) = match b {
                        None => {
                            let x = S::sub(value, from);
                            (x, x)
                        }
                        Some(b) => {
                            let b = S::load(b.as_ptr().add(at));
                            (S::where_positive(value, b, S::mul(b, slopes)), S::leaky_relu(value, inverse))
                        }
                    };
                    first = S::add(first, x);
                    second = S::fma(x, y, second);
                }
                S::store(lanes[0].as_mut_ptr(), first);
                S::store(lanes[1].as_mut_ptr(), second);
            }
            for (total, lanes) in totals.iter_mut().zip(&lanes) {
                *total += lanes[..S::LANES].iter().map(|&lane| f64::from(lane)).sum::<f64>();
            }
            for at in whole..end {
                let (x, y) = match b {
                    None => (a[at] - from, a[at] - from),
                    Some(b) => {
                        let (before, derivative) = undone(a[at], slope);
                        (b[at] * derivative, before)
                    }
                };
                totals[0] += f64::from(x);
                totals[1] += f64::from(x * y);
            }
        }
        totals
    }
}

/// Without `b`: `activation(a * factors[0] + factors[2])`. With `b`: `a' * factors[0] + b' * factors[1] + factors[2]`, see [`Sums`].
pub(crate) struct Apply<'a> {
    pub a: &'a [f32],
    pub b: Option<&'a [f32]>,
    pub out: &'a mut [f32],
    pub factors: [f32; 3],
    pub slope: f32,
}

impl Job for Apply<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { a, b, out, factors, slope } = self;
        debug_assert!(out.len() == a.len() && b.is_none_or(|b| b.len() == a.len()));
        let whole = a.len() / S::LANES * S::LANES;
        // SAFETY: whole vectors inside the slices, which are equally long; the processor has S's instructions.
        unsafe {
            let [first, second, third] = [S::splat(factors[0]), S::splat(factors[1]), S::splat(factors[2])];
            let (slopes, inverse) = (S::splat(slope), S::splat(1.0 / slope));
            for at in (0..whole).step_by(S::LANES) {
                let value = S::load(a.as_ptr().add(at));
                let result = match b {
                    None => S::leaky_relu(S::fma(value, first, third), slopes),
                    Some(b) => {
                        let b = S::load(b.as_ptr().add(at));
                        let b = S::where_positive(value, b, S::mul(b, slopes));
                        S::fma(S::leaky_relu(value, inverse), first, S::fma(b, second, third))
                    }
                };
                S::store(out.as_mut_ptr().add(at), result);
            }
        }
        for at in whole..a.len() {
            out[at] = match b {
                None => {
                    let value = a[at] * factors[0] + factors[2];
                    if value > 0.0 { value } else { value * slope }
                }
                Some(b) => {
                    let (before, derivative) = undone(a[at], slope);
                    before * factors[0] + b[at] * derivative * factors[1] + factors[2]
                }
            };
        }
    }
}
