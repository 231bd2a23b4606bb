//! The gradient of a SPADE modulation. Scale and offset of every map are computed again from the map instead of being kept: they are the
//! largest tensors of the generator.
//!
//! Forward, for 1x1 modulation convolutions: `out = mean over branches of activation(fold over maps of y * (1 + gamma) + beta)`, `y = x *
//! scale + shift` to begin with; see [`crate::modulate`].

use talkinghead_simd::{Job, Simd, run};

use crate::convolution::check;
use crate::scratch::{SharedMut, with_scratch};
use crate::{Epilogue, Geometry, InstructionSet, KernelError, Method, convolve_once, parallel, weight_gradient};

/// A map of one sample with the weights by which it modulates.
#[derive(Debug, Clone, Copy)]
pub struct MapWeights<'a> {
    /// Scale, then offset: `[2 * channels, hidden]`.
    pub weight: &'a [f32],
    /// `[2 * channels]`; absent for zeros.
    pub bias: Option<&'a [f32]>,
    /// `[hidden, pixels]`.
    pub map: &'a [f32],
}

/// Where the gradients of a map go; all are added to.
#[derive(Debug)]
pub struct MapGradients<'a> {
    /// `[2 * channels, hidden]`.
    pub weight: &'a mut [f32],
    /// `[2 * channels]`.
    pub bias: &'a mut [f32],
    /// `[hidden, pixels]`.
    pub map: &'a mut [f32],
}

/// One sample of a modulation.
#[derive(Debug, Clone, Copy)]
pub struct SpadeSample<'a> {
    /// `[channels, pixels]`.
    pub x: &'a [f32],
    /// Of the norm, `[channels]`.
    pub scale: &'a [f32],
    /// Of the norm, `[channels]`.
    pub shift: &'a [f32],
    /// Slope of the activation; 1 for none.
    pub slope: f32,
}

impl SpadeSample<'_> {
    /// Adds the gradients of all maps to `maps`, which has the shape of `branches`, and writes the gradient with respect to the normalised
    /// features into `normalised` `[channels, pixels]`. `size` is the pictures' height and width.
    ///
    /// # Errors
    /// Buffers of the wrong length.
    pub fn gradients(
        &self,
        instructions: InstructionSet,
        size: [usize; 2],
        branches: &[Vec<MapWeights<'_>>],
        gradient: &[f32],
        maps: &mut [Vec<MapGradients<'_>>],
        normalised: &mut [f32],
    ) -> Result<(), KernelError> {
        let (channels, pixels) = (self.scale.len(), size[0] * size[1]);
        let area = channels * pixels;
        check("input", self.x.len(), area)?;
        check("shift", self.shift.len(), channels)?;
        check("gradient", gradient.len(), area)?;
        check("gradient of the input", normalised.len(), area)?;
        check("branches of gradients", maps.len(), branches.len())?;
        normalised.fill(0.0);
        let share = 1.0 / branches.len().max(1) as f32;
        for (branch, maps) in branches.iter().zip(maps) {
            check("maps of gradients", maps.len(), branch.len())?;
            self.branch(instructions, size, branch, gradient, share, maps, normalised)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one sum")]
    fn branch(
        &self,
        instructions: InstructionSet,
        size: [usize; 2],
        branch: &[MapWeights<'_>],
        gradient: &[f32],
        share: f32,
        maps: &mut [MapGradients<'_>],
        normalised: &mut [f32],
    ) -> Result<(), KernelError> {
        let (channels, pixels) = (self.scale.len(), size[0] * size[1]);
        let area = channels * pixels;
        let geometries = branch.iter().map(|map| {
            let hidden = map.map.len() / pixels.max(1);
            check("map", map.map.len(), hidden * pixels)?;
            Ok(Geometry::new(hidden, 2 * channels, 1))
        });
        let geometries = geometries.collect::<Result<Vec<_>, KernelError>>()?;
        // Features before each map, scale and offset of each map, the gradient on its way back.
        with_scratch(3 * branch.len() * area + area, |scratch| {
            let (features, rest) = scratch.split_at_mut(branch.len() * area);
            let (factors, back) = rest.split_at_mut(2 * branch.len() * area);
            crate::channel_affine(instructions, self.x, [self.scale, self.shift], 1.0, 1, &mut features[..area])?;
            for (index, (map, geometry)) in branch.iter().zip(&geometries).enumerate() {
                let factors = &mut factors[2 * index * area..][..2 * area];
                let epilogue = Epilogue { bias: map.bias, ..Epilogue::default() };
                convolve_once(geometry, map.weight, instructions, Method::Exact, map.map, 1, size, epilogue, factors)?;
                let (before, after) = features[index * area..].split_at_mut(area);
                if index + 1 < branch.len() {
                    planes(
                        instructions,
                        channels,
                        pixels,
                        |plane| {
                            let part = |offset: usize| &factors[offset + plane * pixels..][..pixels];
                            (&before[plane * pixels..][..pixels], part(0), part(area))
                        },
                        &mut after[..area],
                    );
                }
            }
            // The last map's step begins with the activation's derivative.
            let shared_back = SharedMut::new(back);
            let normalised = SharedMut::new(normalised);
            for (index, map) in branch.iter().enumerate().rev() {
                let (first, last) = (index == 0, index + 1 == branch.len());
                let before = &features[index * area..][..area];
                let shared = SharedMut::new(&mut factors[2 * index * area..][..2 * area]);
                parallel::each(parallel::threads(8 * area), channels, |channel| {
                    let start = channel * pixels;
                    // SAFETY: each channel's planes are one task's.
                    let (scale, offset) = unsafe { (shared.part(start, pixels), shared.part(area + start, pixels)) };
                    // SAFETY: the same.
                    let back = unsafe { shared_back.part(start, pixels) };
                    if last {
                        for (to, from) in back.iter_mut().zip(&gradient[start..][..pixels]) {
                            *to = share * from;
                        }
                    }
                    let slope = if last { self.slope } else { 1.0 };
                    run(instructions, Step { y: &before[start..][..pixels], scale, offset, back, slope });
                    if first {
                        // SAFETY: the same.
                        let sum = unsafe { normalised.part(start, pixels) };
                        sum.iter_mut().zip(back.iter()).for_each(|(sum, value)| *sum += value);
                    }
                });
                let factors = &factors[2 * index * area..][..2 * area];
                let geometry = geometries[index];
                let of_weight = weight_gradient(&geometry, instructions, map.map, factors, 1, size)?;
                let to = &mut maps[index];
                check("gradient of the weight", to.weight.len(), of_weight.len())?;
                to.weight.iter_mut().zip(&of_weight).for_each(|(sum, value)| *sum += value);
                check("gradient of the bias", to.bias.len(), 2 * channels)?;
                let of_bias = crate::bias_gradient(factors, 1, 2 * channels);
                to.bias.iter_mut().zip(&of_bias).for_each(|(sum, value)| *sum += value);
                check("gradient of the map", to.map.len(), map.map.len())?;
                let backward = geometry.input_gradient(size)?;
                with_scratch(map.map.len(), |of_map| {
                    let (exact, end) = (Method::Exact, Epilogue::default());
                    convolve_once(&backward, map.weight, instructions, exact, factors, 1, size, end, of_map)?;
                    to.map.iter_mut().zip(of_map.iter()).for_each(|(sum, value)| *sum += value);
                    Ok::<_, KernelError>(())
                })?;
            }
            Ok(())
        })
    }
}

/// `out = y * (1 + scale) + offset`, plane by plane.
fn planes<'a>(
    instructions: InstructionSet,
    channels: usize,
    pixels: usize,
    parts: impl Fn(usize) -> (&'a [f32], &'a [f32], &'a [f32]) + Sync,
    out: &mut [f32],
) {
    let shared = SharedMut::new(out);
    parallel::each(parallel::threads(4 * channels * pixels), channels, |channel| {
        let (y, scale, offset) = parts(channel);
        // SAFETY: each channel is one task's.
        let out = unsafe { shared.part(channel * pixels, pixels) };
        run(instructions, Modulated { y, scale, offset, out });
    });
}

struct Modulated<'a> {
    y: &'a [f32],
    scale: &'a [f32],
    offset: &'a [f32],
    out: &'a mut [f32],
}

impl Job for Modulated<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { y, scale, offset, out } = self;
        let whole = y.len() / S::LANES * S::LANES;
        debug_assert!(scale.len() == y.len() && offset.len() == y.len() && out.len() == y.len());
        // SAFETY: whole vectors inside the slices, which are equally long; the processor has S's instructions.
        unsafe {
            for at in (0..whole).step_by(S::LANES) {
                let y = S::load(y.as_ptr().add(at));
                let value = S::fma(y, S::load(scale.as_ptr().add(at)), S::add(y, S::load(offset.as_ptr().add(at))));
                S::store(out.as_mut_ptr().add(at), value);
            }
        }
        for at in whole..y.len() {
            out[at] = y[at] * (1.0 + scale[at]) + offset[at];
        }
    }
}

/// One map's step backward, in place: `back` times the activation's derivative becomes the offset's gradient, times `y` the scale's, and times
/// `1 + scale` the gradient of what came before.
struct Step<'a> {
    y: &'a [f32],
    scale: &'a mut [f32],
    offset: &'a mut [f32],
    back: &'a mut [f32],
    slope: f32,
}

impl Job for Step<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { y, scale, offset, back, slope } = self;
        let whole = y.len() / S::LANES * S::LANES;
        debug_assert!(scale.len() == y.len() && offset.len() == y.len() && back.len() == y.len());
        // SAFETY: whole vectors inside the slices, which are equally long; the processor has S's instructions.
        unsafe {
            let (one, slopes) = (S::splat(1.0), S::splat(slope));
            for at in (0..whole).step_by(S::LANES) {
                let (y, g) = (S::load(y.as_ptr().add(at)), S::load(back.as_ptr().add(at)));
                let factor = S::add(S::load(scale.as_ptr().add(at)), one);
                let after = S::fma(y, factor, S::load(offset.as_ptr().add(at)));
                let g = S::where_positive(after, g, S::mul(g, slopes));
                S::store(offset.as_mut_ptr().add(at), g);
                S::store(scale.as_mut_ptr().add(at), S::mul(g, y));
                S::store(back.as_mut_ptr().add(at), S::mul(g, factor));
            }
        }
        for at in whole..y.len() {
            let factor = 1.0 + scale[at];
            let after = y[at] * factor + offset[at];
            let g = if after > 0.0 { back[at] } else { back[at] * slope };
            (offset[at], scale[at], back[at]) = (g, g * y[at], g * factor);
        }
    }
}
