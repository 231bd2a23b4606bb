//! The three inner loops of the landmark network over rows of pixels, each pixel's channels side by side.

use talkinghead_simd::InstructionSet;

use super::lanes::{Lanes, Plain};

/// An affine map from some floats of the input to a pixel's output channels: every convolution that is not depthwise.
///
/// The input of an output pixel is `segments` runs of `run` floats (the rows of the convolution's window).
#[derive(Debug)]
pub(super) struct Dense {
    pub(super) segments: usize,
    pub(super) run: usize,
    /// A multiple of 8.
    pub(super) outputs: usize,
    /// For each block of 16 outputs (the last may have 8): `[segments * run, 16]`.
    pub(super) weights: Vec<f32>,
    /// `[outputs]`.
    pub(super) bias: Vec<f32>,
    /// `[outputs]`, what negative values are multiplied with; 1 keeps them.
    pub(super) slope: Vec<f32>,
}

/// A depthwise 3x3 convolution.
#[derive(Debug)]
pub(super) struct Depthwise {
    /// A multiple of 8.
    pub(super) channels: usize,
    /// `[9, channels]`.
    pub(super) weights: Vec<f32>,
    /// `[channels]`.
    pub(super) bias: Vec<f32>,
}

/// What happens to the floats that are in the output already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onto {
    /// They are replaced.
    Nothing,
    /// They are added before the activation: a residual.
    Residual,
}

/// Pixels worked on together: with two registers of outputs each they fill twelve of sixteen registers.
const TILE: usize = 6;

impl Dense {
    /// `output[p] = activation(weights * inputs[..][p * step ..][..run] + bias (+ output[p]))` for `pixels` pixels.
    pub(super) fn row(
        &self,
        instructions: InstructionSet,
        inputs: &[&[f32]],
        step: usize,
        pixels: usize,
        onto: Onto,
        output: &mut [f32],
    ) {
        if pixels == 0 {
            return;
        }
        assert_eq!(inputs.len(), self.segments);
        assert!(inputs.iter().all(|row| row.len() >= (pixels - 1) * step + self.run));
        assert!(output.len() >= pixels * self.outputs && self.outputs.is_multiple_of(8));
        assert_eq!(self.weights.len(), self.segments * self.run * self.outputs);
        assert!(self.bias.len() == self.outputs && self.slope.len() == self.outputs);
        #[cfg(target_arch = "x86_64")]
        if instructions.allows(InstructionSet::Avx2) {
            // SAFETY: the sizes were checked above, and the processor has AVX2 and FMA.
            return unsafe {
                match onto {
                    Onto::Nothing => self.row_avx2::<false>(inputs, step, pixels, output),
                    Onto::Residual => self.row_avx2::<true>(inputs, step, pixels, output),
                }
            };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = instructions;
        // SAFETY: the sizes were checked above, and plain Rust needs no particular instructions.
        unsafe {
            match onto {
                Onto::Nothing => self.row_with::<Plain, false>(inputs, step, pixels, output),
                Onto::Residual => self.row_with::<Plain, true>(inputs, step, pixels, output),
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn row_avx2<const RESIDUAL: bool>(&self, inputs: &[&[f32]], step: usize, pixels: usize, output: &mut [f32]) {
        // SAFETY: the caller has checked sizes and processor.
        unsafe { self.row_with::<super::lanes::Avx2, RESIDUAL>(inputs, step, pixels, output) }
    }

    /// # Safety
    /// Sizes as checked in [`Dense::row`]; the processor has what `L` needs.
    #[inline(always)]
    unsafe fn row_with<L: Lanes, const RESIDUAL: bool>(&self, inputs: &[&[f32]], step: usize, pixels: usize, output: &mut [f32]) {
        let depth = self.segments * self.run;
        let mut first = 0;
        while first < self.outputs {
            let weights = &self.weights[first * depth..];
            let two = self.outputs - first >= 16;
            let mut pixel = 0;
            while pixel < pixels {
                let left = pixels - pixel;
                // SAFETY: passed on; each call stays within `pixels` and `outputs`.
                unsafe {
                    match (two, left) {
                        (true, TILE..) => self.tile::<L, RESIDUAL, TILE, 2>(inputs, step, pixel, first, weights, output),
                        (true, 4..) => self.tile::<L, RESIDUAL, 4, 2>(inputs, step, pixel, first, weights, output),
                        (true, 2..) => self.tile::<L, RESIDUAL, 2, 2>(inputs, step, pixel, first, weights, output),
                        (true, _) => self.tile::<L, RESIDUAL, 1, 2>(inputs, step, pixel, first, weights, output),
                        (false, 8..) => self.tile::<L, RESIDUAL, 8, 1>(inputs, step, pixel, first, weights, output),
                        (false, 2..) => self.tile::<L, RESIDUAL, 2, 1>(inputs, step, pixel, first, weights, output),
                        (false, _) => self.tile::<L, RESIDUAL, 1, 1>(inputs, step, pixel, first, weights, output),
                    }
                }
                pixel += match (two, left) {
                    (true, TILE..) => TILE,
                    (true, 4..) => 4,
                    (false, 8..) => 8,
                    (_, 2..) => 2,
                    _ => 1,
                };
            }
            first += if two { 16 } else { 8 };
        }
    }

    /// `PIXELS` pixels by `8 * VECTORS` outputs.
    ///
    /// # Safety
    /// As [`Dense::row_with`]; pixels `pixel..pixel + PIXELS` and outputs `first..first + 8 * VECTORS` exist.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const RESIDUAL: bool, const PIXELS: usize, const VECTORS: usize>(
        &self,
        inputs: &[&[f32]],
        step: usize,
        pixel: usize,
        first: usize,
        weights: &[f32],
        output: &mut [f32],
    ) {
        // SAFETY: all offsets lie within the sizes that the caller has checked.
        unsafe {
            debug_assert!(first + 8 * VECTORS <= self.outputs && (pixel + PIXELS) * self.outputs <= output.len());
            debug_assert!(weights.len() >= self.segments * self.run * 8 * VECTORS);
            debug_assert!(inputs.iter().all(|row| (pixel + PIXELS - 1) * step + self.run <= row.len()));
            let bias: [L; VECTORS] = std::array::from_fn(|v| L::load(self.bias.as_ptr().add(first + 8 * v)));
            let mut sums = [bias; PIXELS];
            let mut weight = weights.as_ptr();
            for row in inputs {
                let start = row.as_ptr().add(pixel * step);
                for k in 0..self.run {
                    let w: [L; VECTORS] = std::array::from_fn(|v| L::load(weight.add(8 * v)));
                    for (p, sum) in sums.iter_mut().enumerate() {
                        let x = L::splat(*start.add(p * step + k));
                        for v in 0..VECTORS {
                            sum[v] = sum[v].plus_product(x, w[v]);
                        }
                    }
                    weight = weight.add(8 * VECTORS);
                }
            }
            let zero = L::splat(0.0);
            for v in 0..VECTORS {
                let slope = L::load(self.slope.as_ptr().add(first + 8 * v));
                for (p, sum) in sums.iter().enumerate() {
                    let to = output.as_mut_ptr().add((pixel + p) * self.outputs + first + 8 * v);
                    let value = if RESIDUAL { sum[v].plus(L::load(to)) } else { sum[v] };
                    value.largest(zero).plus_product(value.least(zero), slope).store(to);
                }
            }
        }
    }
}

impl Depthwise {
    /// One output row of `pixels` pixels from three input rows, each with one pixel more at both ends.
    pub(super) fn row(&self, instructions: InstructionSet, inputs: [&[f32]; 3], pixels: usize, output: &mut [f32]) {
        assert!(inputs.iter().all(|row| row.len() >= (pixels + 2) * self.channels));
        assert!(output.len() >= pixels * self.channels && self.channels.is_multiple_of(8));
        assert!(self.weights.len() == 9 * self.channels && self.bias.len() == self.channels);
        #[cfg(target_arch = "x86_64")]
        if instructions.allows(InstructionSet::Avx2) {
            // SAFETY: the sizes were checked above, and the processor has AVX2 and FMA.
            return unsafe { self.row_avx2(inputs, pixels, output) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = instructions;
        // SAFETY: the sizes were checked above, and plain Rust needs no particular instructions.
        unsafe { self.row_with::<Plain>(inputs, pixels, output) }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn row_avx2(&self, inputs: [&[f32]; 3], pixels: usize, output: &mut [f32]) {
        // SAFETY: the caller has checked sizes and processor.
        unsafe { self.row_with::<super::lanes::Avx2>(inputs, pixels, output) }
    }

    /// # Safety
    /// Sizes as checked in [`Depthwise::row`]; the processor has what `L` needs.
    #[inline(always)]
    unsafe fn row_with<L: Lanes>(&self, inputs: [&[f32]; 3], pixels: usize, output: &mut [f32]) {
        for channel in (0..self.channels).step_by(8) {
            let mut pixel = 0;
            while pixel + 4 <= pixels {
                // SAFETY: passed on; pixels `pixel..pixel + 4` exist.
                unsafe { self.tile::<L, 4, 6>(inputs, channel, pixel, output) };
                pixel += 4;
            }
            while pixel < pixels {
                // SAFETY: passed on; the pixel exists.
                unsafe { self.tile::<L, 1, 3>(inputs, channel, pixel, output) };
                pixel += 1;
            }
        }
    }

    /// Eight channels of `PIXELS` pixels, which read `READ = PIXELS + 2` pixels of each input row.
    ///
    /// # Safety
    /// As [`Depthwise::row_with`]; pixels `pixel..pixel + PIXELS` exist.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const PIXELS: usize, const READ: usize>(
        &self,
        inputs: [&[f32]; 3],
        channel: usize,
        pixel: usize,
        output: &mut [f32],
    ) {
        // SAFETY: all offsets lie within the sizes that the caller has checked.
        unsafe {
            debug_assert!(READ == PIXELS + 2 && channel + 8 <= self.channels);
            debug_assert!((pixel + PIXELS) * self.channels <= output.len());
            debug_assert!(inputs.iter().all(|row| (pixel + READ) * self.channels <= row.len()));
            let mut sums = [L::load(self.bias.as_ptr().add(channel)); PIXELS];
            for (y, row) in inputs.iter().enumerate() {
                let start = row.as_ptr().add(pixel * self.channels + channel);
                let x: [L; READ] = std::array::from_fn(|i| L::load(start.add(i * self.channels)));
                for k in 0..3 {
                    let w = L::load(self.weights.as_ptr().add((3 * y + k) * self.channels + channel));
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.plus_product(x[p + k], w);
                    }
                }
            }
            for (p, sum) in sums.iter().enumerate() {
                sum.store(output.as_mut_ptr().add((pixel + p) * self.channels + channel));
            }
        }
    }
}

/// One output row of a 2x2 maximum with stride 2, written into the first channels of wider pixels; the rest becomes 0.
pub(super) fn max_pool_row(inputs: [&[f32]; 2], channels: usize, output: &mut [f32], output_channels: usize) {
    let pairs = inputs[0].chunks_exact(2 * channels).zip(inputs[1].chunks_exact(2 * channels));
    for ((top, bottom), out) in pairs.zip(output.chunks_exact_mut(output_channels)) {
        let (out, rest) = out.split_at_mut(channels);
        let (top_left, top_right) = top.split_at(channels);
        let (bottom_left, bottom_right) = bottom.split_at(channels);
        for c in 0..channels {
            out[c] = top_left[c].max(top_right[c]).max(bottom_left[c].max(bottom_right[c]));
        }
        rest.fill(0.0);
    }
}
