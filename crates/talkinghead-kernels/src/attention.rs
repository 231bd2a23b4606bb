//! Attention over shots, position by position: energies, their softmax, and the weighted mean, each in one pass.

use talkinghead_simd::{Job, Simd, run};

use crate::convolution::check;
use crate::scratch::SharedMut;
use crate::{InstructionSet, KernelError, parallel};

/// Pixels handled at a time.
const STRIP: usize = 1024;

/// Softmax over the shots of `sum over channels of key * query`, per pixel.
///
/// `keys` `[shots, channels, pixels]`, `query` `[channels, pixels]` -> `[shots, pixels]`.
///
/// # Errors
/// Buffers of the wrong length.
pub fn attention(
    instructions: InstructionSet,
    keys: &[f32],
    query: &[f32],
    shots: usize,
    channels: usize,
) -> Result<Vec<f32>, KernelError> {
    let pixels = query.len() / channels.max(1);
    check("query", query.len(), channels * pixels)?;
    check("keys", keys.len(), shots * channels * pixels)?;
    let mut out = vec![0.0; shots * pixels];
    let shared = SharedMut::new(&mut out);
    let count = pixels.div_ceil(STRIP);
    parallel::each(parallel::threads(2 * keys.len()), shots * count, |index| {
        let (shot, first) = (index / count, index % count * STRIP);
        let length = STRIP.min(pixels - first);
        // SAFETY: each strip of a shot is one task's.
        let energy = unsafe { shared.part(shot * pixels + first, length) };
        let keys = &keys[shot * channels * pixels..][..channels * pixels];
        for channel in 0..channels {
            let at = channel * pixels + first;
            run(instructions, MultiplyAdd { a: &keys[at..at + length], b: &query[at..at + length], sum: energy });
        }
    });
    parallel::each(parallel::threads(20 * shots * pixels), count, |strip| {
        let range = strip * STRIP..((strip + 1) * STRIP).min(pixels);
        for pixel in range {
            // SAFETY: each pixel is one task's.
            let energy = |shot: usize| unsafe { &mut shared.part(shot * pixels + pixel, 1)[0] };
            let largest = (0..shots).map(|shot| *energy(shot)).fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for shot in 0..shots {
                let value = (*energy(shot) - largest).exp();
                *energy(shot) = value;
                sum += value;
            }
            for shot in 0..shots {
                *energy(shot) /= sum;
            }
        }
    });
    Ok(out)
}

/// `joint + sum over shots of attention * features`, per pixel.
///
/// `features` `[shots, channels, pixels]`, `attention` `[shots, pixels]`, `joint` `[channels, pixels]` -> `[channels, pixels]`.
///
/// # Errors
/// Buffers of the wrong length.
pub fn merge_shots(
    instructions: InstructionSet,
    features: &[f32],
    attention: &[f32],
    joint: Option<&[f32]>,
    channels: usize,
    shots: usize,
) -> Result<Vec<f32>, KernelError> {
    let pixels = attention.len() / shots.max(1);
    check("attention", attention.len(), shots * pixels)?;
    check("features", features.len(), shots * channels * pixels)?;
    if let Some(joint) = joint {
        check("joint view", joint.len(), channels * pixels)?;
    }
    let mut out = joint.map_or_else(|| vec![0.0; channels * pixels], <[f32]>::to_vec);
    let shared = SharedMut::new(&mut out);
    parallel::each(parallel::threads(2 * features.len()), channels, |channel| {
        // SAFETY: each channel is one task's.
        let sum = unsafe { shared.part(channel * pixels, pixels) };
        for shot in 0..shots {
            let a = &features[(shot * channels + channel) * pixels..][..pixels];
            run(instructions, MultiplyAdd { a, b: &attention[shot * pixels..][..pixels], sum });
        }
    });
    Ok(out)
}

/// `sum += a * b`.
struct MultiplyAdd<'a> {
    a: &'a [f32],
    b: &'a [f32],
    sum: &'a mut [f32],
}

impl Job for MultiplyAdd<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { a, b, sum } = self;
        let length = sum.len().min(a.len()).min(b.len());
        let whole = length / S::LANES * S::LANES;
        for at in (0..whole).step_by(S::LANES) {
            // SAFETY: whole vectors inside all three slices; the processor has S's instructions.
            unsafe {
                let to = sum.as_mut_ptr().add(at);
                S::store(to, S::fma(S::load(a.as_ptr().add(at)), S::load(b.as_ptr().add(at)), S::load(to)));
            }
        }
        for at in whole..length {
            sum[at] += a[at] * b[at];
        }
    }
}
