//! Batch normalisation and the leaky ReLU behind it as they are trained: forward and backward, each in as few passes as there can be.

use talkinghead_simd::run;

use crate::convolution::check;
use crate::elementwise::ScaleAndShift;
use crate::instance_norm::{Apply, Sums, check_slope};
use crate::scratch::SharedMut;
use crate::{InstructionSet, KernelError, parallel};

/// Mean and biased variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelStatistics {
    /// `[channels]`.
    pub mean: Vec<f32>,
    /// `[channels]`.
    pub variance: Vec<f32>,
}

/// Mean and variance of each channel of `x` `[batch, channels, pixels]`, over batch and pixels.
///
/// # Errors
/// A buffer of the wrong length.
pub fn channel_statistics(
    instructions: InstructionSet,
    x: &[f32],
    batch: usize,
    channels: usize,
) -> Result<ChannelStatistics, KernelError> {
    let pixels = x.len() / (batch * channels).max(1);
    check("input", x.len(), batch * channels * pixels)?;
    let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
    let (means, variances) = (SharedMut::new(&mut mean), SharedMut::new(&mut variance));
    let count = (batch * pixels).max(1) as f64;
    parallel::each(parallel::threads(6 * x.len()), channels, |channel| {
        let sums = |from: f32, which: usize| -> f64 {
            let plane = |b: usize| &x[(b * channels + channel) * pixels..][..pixels];
            (0..batch).map(|b| run(instructions, Sums { a: plane(b), b: None, from, slope: 1.0 })[which]).sum()
        };
        let mean = sums(0.0, 0) / count;
        let variance = sums(mean as f32, 1) / count;
        // SAFETY: each channel is one task's.
        let (mean_place, variance_place) = unsafe { (means.part(channel, 1), variances.part(channel, 1)) };
        (mean_place[0], variance_place[0]) = (mean as f32, variance as f32);
    });
    Ok(ChannelStatistics { mean, variance })
}

/// `activation(x * scale + shift)` per channel, a leaky ReLU of that slope (1 for none).
///
/// # Errors
/// Buffers of the wrong length.
pub fn channel_affine(
    instructions: InstructionSet,
    x: &[f32],
    [scale, shift]: [&[f32]; 2],
    slope: f32,
    batch: usize,
    out: &mut [f32],
) -> Result<(), KernelError> {
    let channels = scale.len();
    let pixels = x.len() / (batch * channels).max(1);
    check("input", x.len(), batch * channels * pixels)?;
    check("shift", shift.len(), channels)?;
    check("output", out.len(), x.len())?;
    let shared = SharedMut::new(out);
    parallel::each(parallel::threads(8 * x.len()), batch * channels, |plane| {
        let from = &x[plane * pixels..][..pixels];
        // SAFETY: each plane is one task's.
        let to = unsafe { shared.part(plane * pixels, pixels) };
        run(instructions, ScaleAndShift { from, to, scale: scale[plane % channels], shift: shift[plane % channels], slope });
    });
    Ok(())
}

/// A batch normalisation as its gradient sees it.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// `1 / sqrt(variance + epsilon)`, `[channels]`.
    pub inverse: &'a [f32],
    /// `[channels]`; none is 0.
    pub weight: &'a [f32],
    /// `[channels]`.
    pub bias: &'a [f32],
    /// Of the activation behind it, not 0.
    pub slope: f32,
}

/// Gradients of a batch normalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNormGradients {
    /// Of the input, of its shape.
    pub input: Vec<f32>,
    /// Of the weight, `[channels]`.
    pub weight: Vec<f32>,
    /// Of the bias, `[channels]`.
    pub bias: Vec<f32>,
}

impl BatchNorm<'_> {
    /// Gradients from the result `y` `[batch, channels, pixels]` and the result's gradient. The input is not needed: it is found again
    /// from the result.
    ///
    /// # Errors
    /// Buffers of the wrong length, or a slope of 0.
    pub fn gradients(
        &self,
        instructions: InstructionSet,
        y: &[f32],
        gradient: &[f32],
        batch: usize,
    ) -> Result<BatchNormGradients, KernelError> {
        let Self { inverse, weight, bias, slope } = *self;
        let channels = inverse.len();
        let pixels = y.len() / (batch * channels).max(1);
        check("result", y.len(), batch * channels * pixels)?;
        check("gradient", gradient.len(), y.len())?;
        check("weight", weight.len(), channels)?;
        check("bias", bias.len(), channels)?;
        check_slope(slope)?;
        let mut found = BatchNormGradients { input: vec![0.0; y.len()], weight: vec![0.0; channels], bias: vec![0.0; channels] };
        let input = SharedMut::new(&mut found.input);
        let (weights, biases) = (SharedMut::new(&mut found.weight), SharedMut::new(&mut found.bias));
        let count = (batch * pixels).max(1) as f64;
        parallel::each(parallel::threads(10 * y.len()), channels, |channel| {
            let planes = (0..batch).map(|b| (b * channels + channel) * pixels);
            let mut sums = [0.0_f64; 2];
            for start in planes.clone() {
                let (a, b) = (&y[start..][..pixels], Some(&gradient[start..][..pixels]));
                let of_plane = run(instructions, Sums { a, b, from: 0.0, slope });
                sums = [sums[0] + of_plane[0], sums[1] + of_plane[1]];
            }
            let [inverse, weight, bias] = [inverse, weight, bias].map(|values| f64::from(values[channel]));
            // Before the activation y is weight * normalised + bias.
            let normalised = (sums[1] - bias * sums[0]) / weight;
            let slant = -inverse * normalised / count;
            let factors = [slant, inverse * weight, -inverse * weight * sums[0] / count - slant * bias];
            let factors = factors.map(|factor| factor as f32);
            for start in planes {
                let (a, b) = (&y[start..][..pixels], Some(&gradient[start..][..pixels]));
                // SAFETY: each channel's planes are one task's.
                let out = unsafe { input.part(start, pixels) };
                run(instructions, Apply { a, b, out, factors, slope });
            }
            // SAFETY: each channel is one task's.
            let (of_weight, of_bias) = unsafe { (weights.part(channel, 1), biases.part(channel, 1)) };
            (of_weight[0], of_bias[0]) = (normalised as f32, sums[0] as f32);
        });
        Ok(found)
    }
}
