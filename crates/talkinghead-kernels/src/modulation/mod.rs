//! SPADE modulation in one pass for inference: normalisation, scale and offset convolutions of every map, activation and the mean of
//! several branches, without writing scale or offset to memory.
//!
//! For 1x1 modulation convolutions. Per panel of pixels: `out = mean over branches of activation(fold over maps of y * gamma + beta)`,
//! `y = x * scale + shift` to begin with.

mod pack;

pub use pack::ModulationWeights;

use talkinghead_simd::{Job, Simd, Start, TILE_VECTORS, run, tile_shape};

use crate::convolution::check;
use crate::epilogue::Activation;
use crate::scratch::{SharedMut, with_scratch};
use crate::{InstructionSet, KernelError, parallel};

/// A map with the weights by which it modulates.
#[derive(Debug, Clone, Copy)]
pub struct Modulation<'a> {
    /// Weights of scale and offset.
    pub weights: &'a ModulationWeights,
    /// `[hidden, pixels]`.
    pub map: &'a [f32],
}

/// A normalisation (as scale and shift) and the maps that modulate its result one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// `[channels]`; absent for no scaling.
    pub scale: Option<&'a [f32]>,
    /// `[channels]`; absent for no shift.
    pub shift: Option<&'a [f32]>,
    /// The maps, in order.
    pub modulations: &'a [Modulation<'a>],
}

/// Modulates one sample `x` `[channels, pixels]` into `out`, the mean over the branches.
///
/// # Errors
/// Buffers of the wrong length, no branch, or weights packed for another instruction set.
pub fn modulate(
    instructions: InstructionSet,
    x: &[f32],
    channels: usize,
    branches: &[Branch<'_>],
    activation: Activation,
    out: &mut [f32],
) -> Result<(), KernelError> {
    let instructions = instructions.or_portable();
    let (rows, columns) = tile_shape(instructions);
    let pixels = x.len() / channels.max(1);
    check("input", x.len(), channels * pixels)?;
    check("output", out.len(), x.len())?;
    if branches.is_empty() {
        return Err(KernelError::Geometry("a modulation needs at least one branch".into()));
    }
    let mut deepest = 0;
    let mut work = 0;
    for branch in branches {
        for part in [branch.scale, branch.shift].into_iter().flatten() {
            check("scale or shift", part.len(), channels)?;
        }
        for modulation in branch.modulations {
            let weights = modulation.weights;
            check("channels of the modulation", weights.channels(), channels)?;
            check("rows of the packed modulation", weights.rows(), rows)?;
            check("map", modulation.map.len(), weights.hidden() * pixels)?;
            deepest = deepest.max(weights.hidden());
            work += 4 * channels * weights.hidden() * pixels;
        }
    }
    let threads = parallel::threads(work + 8 * x.len());
    let out = SharedMut::new(out);
    let padded = channels.next_multiple_of(rows);
    parallel::each(threads, pixels.div_ceil(columns), |panel| {
        with_scratch((deepest + rows + 2 * padded) * columns, |scratch| {
            let first = panel * columns;
            run(instructions, Panel { x, channels, pixels, first, deepest, branches, activation, out, scratch });
        });
    });
    Ok(())
}

/// One panel of pixels, all channels.
struct Panel<'a> {
    x: &'a [f32],
    channels: usize,
    pixels: usize,
    first: usize,
    deepest: usize,
    branches: &'a [Branch<'a>],
    activation: Activation,
    out: SharedMut<'a>,
    /// Packed map, a register tile, the features, their mean.
    scratch: &'a mut [f32],
}

impl Job for Panel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Panel { x, channels, pixels, first, deepest, branches, activation, out, scratch } = self;
        let width = S::COLUMNS;
        let used = (pixels - first).min(width);
        let (map, rest) = scratch.split_at_mut(deepest * width);
        let (tile, rest) = rest.split_at_mut(S::ROWS * width);
        let (features, mean) = rest.split_at_mut(rest.len() / 2);
        debug_assert!(mean.len() >= channels * width && features.len() == mean.len());
        let half = S::ROWS / 2;
        let slope = match activation {
            Activation::Identity => 1.0,
            Activation::LeakyRelu(slope) => slope,
        };
        // SAFETY: all vectors lie in rows of `width` numbers, whole vectors long; the processor has S's instructions.
        unsafe {
            let (slope, share) = (S::splat(slope), S::splat(1.0 / branches.len() as f32));
            // Where the features are read at first: in place, or from a copy that fills a whole panel.
            let (mut source, mut stride) = (x.as_ptr().wrapping_add(first), pixels);
            for (turn, branch) in branches.iter().enumerate() {
                if used < width {
                    for channel in 0..channels {
                        copy_row::<S>(&x[channel * pixels + first..][..used], &mut features[channel * width..][..width]);
                    }
                    (source, stride) = (features.as_ptr(), width);
                }
                let end = End::<S> { slope, share, first_branch: turn == 0, mean: mean.as_mut_ptr() };
                let affine = |channel: usize| {
                    let scale = branch.scale.map_or(1.0, |scale| scale[channel]);
                    (scale, branch.shift.map_or(0.0, |shift| shift[channel]))
                };
                for (place, modulation) in branch.modulations.iter().enumerate() {
                    let weights = modulation.weights;
                    for (hidden, row) in map.chunks_exact_mut(width).enumerate().take(weights.hidden()) {
                        copy_row::<S>(&modulation.map[hidden * pixels + first..][..used], row);
                    }
                    let (begins, ends) = (place == 0, place + 1 == branch.modulations.len());
                    for block in 0..channels.div_ceil(half) {
                        let (a, gamma_bias, beta_bias) = weights.block(block);
                        let depth = weights.hidden();
                        S::tile(depth, a.as_ptr(), map.as_ptr(), tile.as_mut_ptr(), width, Start::Zero);
                        for row in 0..half.min(channels - block * half) {
                            let channel = block * half + row;
                            let gamma_bias = S::splat(gamma_bias[row]);
                            let beta_bias = S::splat(beta_bias[row]);
                            let (scale, shift) = affine(channel);
                            let (scale, shift) = (S::splat(scale), S::splat(shift));
                            for vector in 0..TILE_VECTORS {
                                let offset = vector * S::LANES;
                                let gamma = S::load(tile.as_ptr().add(row * width + offset));
                                let beta = S::load(tile.as_ptr().add((half + row) * width + offset));
                                let at = features.as_mut_ptr().add(channel * width + offset);
                                let value = if begins {
                                    S::fma(S::load(source.add(channel * stride + offset)), scale, shift)
                                } else {
                                    S::load(at)
                                };
                                let value = S::fma(value, S::add(gamma, gamma_bias), S::add(beta, beta_bias));
                                if ends { end.put(channel * width + offset, value) } else { S::store(at, value) }
                            }
                        }
                    }
                }
                if branch.modulations.is_empty() {
                    for channel in 0..channels {
                        let (scale, shift) = affine(channel);
                        let (scale, shift) = (S::splat(scale), S::splat(shift));
                        for offset in (0..width).step_by(S::LANES) {
                            let value = S::fma(S::load(source.add(channel * stride + offset)), scale, shift);
                            end.put(channel * width + offset, value);
                        }
                    }
                }
            }
        }
        for channel in 0..channels {
            // SAFETY: each panel writes its own pixels.
            let row = unsafe { out.part(channel * pixels + first, used) };
            let from = &mean[channel * width..][..width];
            if used == width {
                // SAFETY: both are COLUMNS long.
                unsafe { copy_row::<S>(from, row) };
            } else {
                row.copy_from_slice(&from[..used]);
            }
        }
    }
}

/// How a branch ends: activation, and a share of the mean.
struct End<S: Simd> {
    slope: S::Vector,
    share: S::Vector,
    first_branch: bool,
    mean: *mut f32,
}

impl<S: Simd> End<S> {
    /// # Safety
    /// The mean holds a vector at `at`; the processor has S's instructions.
    #[inline(always)]
    unsafe fn put(&self, at: usize, value: S::Vector) {
        // SAFETY: the caller's.
        unsafe {
            let value = S::mul(S::leaky_relu(value, self.slope), self.share);
            let to = self.mean.add(at);
            S::store(to, if self.first_branch { value } else { S::add(S::load(to), value) });
        }
    }
}

/// Copies a row and fills the rest with zeros; a whole row as vectors, since a call would cost more than the copy.
///
/// # Safety
/// `to` is COLUMNS long; the processor has S's instructions.
#[inline(always)]
unsafe fn copy_row<S: Simd>(from: &[f32], to: &mut [f32]) {
    if from.len() == S::COLUMNS && to.len() == S::COLUMNS {
        for vector in 0..TILE_VECTORS {
            // SAFETY: both are COLUMNS long.
            unsafe { S::store(to.as_mut_ptr().add(vector * S::LANES), S::load(from.as_ptr().add(vector * S::LANES))) };
        }
        return;
    }
    debug_assert!(to.len() == S::COLUMNS && from.len() <= to.len());
    to[..from.len()].copy_from_slice(from);
    to[from.len()..].fill(0.0);
}
