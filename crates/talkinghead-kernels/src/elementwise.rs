//! Passes over feature maps that are limited by memory.

use talkinghead_simd::{Job, Simd, run};

use crate::convolution::check;
use crate::epilogue::Activation;
use crate::scratch::SharedMut;
use crate::{InstructionSet, KernelError, parallel};

/// A normalisation with constant statistics and the activation behind it: `activation(x * scale + shift)` per channel.
///
/// `x` `[batch, channels, pixels]`, `scale` and `shift` `[channels]`.
///
/// # Errors
/// Buffers of the wrong length.
pub fn scale_and_shift(
    instructions: InstructionSet,
    x: &[f32],
    scale: &[f32],
    shift: &[f32],
    activation: Activation,
    batch: usize,
) -> Result<Vec<f32>, KernelError> {
    let channels = scale.len();
    let planes = batch * channels;
    let pixels = x.len() / planes.max(1);
    check("input", x.len(), planes * pixels)?;
    check("shift", shift.len(), channels)?;
    let mut out = vec![0.0; x.len()];
    let shared = SharedMut::new(&mut out);
    let slope = match activation {
        Activation::Identity => 1.0,
        Activation::LeakyRelu(slope) => slope,
    };
    parallel::each(parallel::threads(8 * x.len()), planes, |plane| {
        let channel = plane % channels;
        let from = &x[plane * pixels..][..pixels];
        // SAFETY: each plane is one task's.
        let to = unsafe { shared.part(plane * pixels, pixels) };
        run(instructions, ScaleAndShift { from, to, scale: scale[channel], shift: shift[channel], slope });
    });
    Ok(out)
}

/// `leaky_relu(from * scale + shift)`.
pub(crate) struct ScaleAndShift<'a> {
    pub from: &'a [f32],
    pub to: &'a mut [f32],
    pub scale: f32,
    pub shift: f32,
    pub slope: f32,
}

impl Job for ScaleAndShift<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { from, to, scale, shift, slope } = self;
        debug_assert_eq!(from.len(), to.len());
        let whole = from.len() / S::LANES * S::LANES;
        // SAFETY: whole vectors inside both slices, which are equally long; the processor has S's instructions.
        unsafe {
            let (scales, shifts, slopes) = (S::splat(scale), S::splat(shift), S::splat(slope));
            for at in (0..whole).step_by(S::LANES) {
                let value = S::fma(S::load(from.as_ptr().add(at)), scales, shifts);
                S::store(to.as_mut_ptr().add(at), S::leaky_relu(value, slopes));
            }
        }
        for (to, from) in to.iter_mut().zip(from).skip(whole) {
            let value = from * scale + shift;
            *to = if value > 0.0 { value } else { value * slope };
        }
    }
}

/// Every pixel twice along both axes: planes `[height, width]` -> `[2 height, 2 width]`.
///
/// # Errors
/// A buffer of the wrong length.
pub fn upsample_nearest(x: &[f32], planes: usize, [height, width]: [usize; 2]) -> Result<Vec<f32>, KernelError> {
    check("input", x.len(), planes * height * width)?;
    let mut out = vec![0.0; 4 * x.len()];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(8 * x.len()), planes, |plane| {
        // SAFETY: each plane is one task's.
        let to = unsafe { shared.part(4 * plane * height * width, 4 * height * width) };
        if width == 0 {
            return;
        }
        for (row, from) in x[plane * height * width..][..height * width].chunks_exact(width).enumerate() {
            let (first, second) = to[4 * row * width..][..4 * width].split_at_mut(2 * width);
            for (pair, value) in first.chunks_exact_mut(2).zip(from) {
                pair[0] = *value;
                pair[1] = *value;
            }
            second.copy_from_slice(first);
        }
    });
    Ok(out)
}

/// The gradient of [`upsample_nearest`]: each pixel's four copies summed. Planes `[2 height, 2 width]` -> `[height, width]`.
///
/// # Errors
/// A buffer of the wrong length.
pub fn upsample_nearest_gradient(y: &[f32], planes: usize, [height, width]: [usize; 2]) -> Result<Vec<f32>, KernelError> {
    check("gradient", y.len(), 4 * planes * height * width)?;
    let mut out = vec![0.0; planes * height * width];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(2 * y.len()), planes, |plane| {
        // SAFETY: each plane is one task's.
        let to = unsafe { shared.part(plane * height * width, height * width) };
        if width == 0 {
            return;
        }
        for (row, to) in to.chunks_exact_mut(width).enumerate() {
            let (first, second) = y[4 * plane * height * width + 4 * row * width..][..4 * width].split_at(2 * width);
            let pairs = first.as_chunks::<2>().0.iter().zip(second.as_chunks::<2>().0);
            for (to, (first, second)) in to.iter_mut().zip(pairs) {
                *to = (first[0] + first[1]) + (second[0] + second[1]);
            }
        }
    });
    Ok(out)
}

/// The gradient of a leaky ReLU from its result `y` and the result's gradient.
///
/// # Errors
/// Buffers of unequal length.
pub fn leaky_relu_gradient(
    instructions: InstructionSet,
    y: &[f32],
    gradient: &[f32],
    slope: f32,
) -> Result<Vec<f32>, KernelError> {
    /// Numbers that a task takes.
    const PART: usize = 1 << 14;
    check("gradient", gradient.len(), y.len())?;
    let mut out = vec![0.0; y.len()];
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(3 * y.len()), y.len().div_ceil(PART), |part| {
        let (start, length) = (part * PART, PART.min(y.len() - part * PART));
        // SAFETY: each part is one task's.
        let out = unsafe { shared.part(start, length) };
        run(instructions, LeakyGradient { y: &y[start..][..length], gradient: &gradient[start..][..length], out, slope });
    });
    Ok(out)
}

struct LeakyGradient<'a> {
    y: &'a [f32],
    gradient: &'a [f32],
    out: &'a mut [f32],
    slope: f32,
}

impl Job for LeakyGradient<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { y, gradient, out, slope } = self;
        debug_assert!(gradient.len() == y.len() && out.len() == y.len());
        let whole = y.len() / S::LANES * S::LANES;
        // SAFETY: whole vectors inside the slices, which are equally long; the processor has S's instructions.
        unsafe {
            let slopes = S::splat(slope);
            for at in (0..whole).step_by(S::LANES) {
                let g = S::load(gradient.as_ptr().add(at));
                S::store(out.as_mut_ptr().add(at), S::where_positive(S::load(y.as_ptr().add(at)), g, S::mul(g, slopes)));
            }
        }
        for at in whole..y.len() {
            out[at] = if y[at] > 0.0 { gradient[at] } else { gradient[at] * slope };
        }
    }
}
