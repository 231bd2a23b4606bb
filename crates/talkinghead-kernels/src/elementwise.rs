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

struct ScaleAndShift<'a> {
    from: &'a [f32],
    to: &'a mut [f32],
    scale: f32,
    shift: f32,
    slope: f32,
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
