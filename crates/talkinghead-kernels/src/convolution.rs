//! A convolution with its weights, packed once and used many times.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use talkinghead_simd::round_to_bf16;

use crate::amx;
use crate::direct::{self, DirectWeights};
use crate::epilogue::Epilogue;
use crate::geometry::Geometry;
use crate::scratch::with_scratch;
use crate::winograd::{self, WinogradWeights};
use crate::{InstructionSet, KernelError, Precision};

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// The fastest whose rounding errors are those of a plain sum.
    #[default]
    Exact,
    /// Also Winograd's F(4x4, 3x3), some 2 to 3 times as fast where it applies; its rounding errors are about ten times as large. For
    /// inference.
    Fast,
}

/// A convolution with constant weights.
#[derive(Debug)]
pub struct Convolution {
    geometry: Geometry,
    instructions: InstructionSet,
    method: Method,
    precision: Precision,
    direct: DirectWeights,
    winograd: OnceLock<WinogradWeights>,
    #[cfg(target_arch = "x86_64")]
    tiles: OnceLock<amx::TileWeights>,
}

impl Convolution {
    /// Takes weights `[output, input, kh, kw]`, transposed `[input, output, kh, kw]`. Computes in f32.
    ///
    /// # Errors
    /// The wrong number of weights.
    pub fn new(geometry: Geometry, weights: Vec<f32>, instructions: InstructionSet, method: Method) -> Result<Self, KernelError> {
        geometry.check()?;
        check("weights", weights.len(), geometry.weights())?;
        let instructions = instructions.or_portable();
        let (rows, _) = talkinghead_simd::tile_shape(instructions);
        Ok(Self {
            geometry,
            instructions,
            method,
            precision: Precision::F32,
            direct: DirectWeights::new(&geometry, &weights, rows),
            winograd: OnceLock::new(),
            #[cfg(target_arch = "x86_64")]
            tiles: OnceLock::new(),
        })
    }

    /// The same in another precision. In bf16 the weights are rounded for good, and the method is [`Method::Exact`].
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision.on(self.instructions);
        if self.precision == Precision::Bf16 {
            self.method = Method::Exact;
            self.direct.map(round_to_bf16);
        }
        self
    }

    /// The precision in use: [`Precision::F32`] or [`Precision::Bf16`].
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Sizes, strides, paddings.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Convolves `x` `[batch, input, height, width]` into `out` `[batch, output, height', width']`.
    ///
    /// # Errors
    /// Buffers of the wrong length, or a kernel that does not fit.
    pub fn forward(
        &self,
        x: &[f32],
        batch: usize,
        size: [usize; 2],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) -> Result<(), KernelError> {
        let geometry = &self.geometry;
        let output = geometry.output_size(size)?;
        check_buffers(geometry, x, batch, size, output, &epilogue, out)?;
        if out.is_empty() {
            return Ok(());
        }
        if self.precision == Precision::Bf16 {
            #[cfg(target_arch = "x86_64")]
            if self.instructions == InstructionSet::Amx {
                let weights = self.tiles.get_or_init(|| amx::TileWeights::new(geometry, &self.direct.unpack(geometry)));
                let problem = amx::Problem { geometry, weights, x, batch, size, output, epilogue };
                // SAFETY: the tiles were found available when the instruction set was taken.
                unsafe { amx::convolve::<talkinghead_simd::tiles::Processor>(self.instructions, &problem, out) };
                return Ok(());
            }
            with_scratch(x.len(), |rounded| {
                for (to, from) in rounded.iter_mut().zip(x) {
                    *to = round_to_bf16(*from);
                }
                self.by_vectors(rounded, batch, size, output, epilogue, out);
            });
            return Ok(());
        }
        self.by_vectors(x, batch, size, output, epilogue, out);
        Ok(())
    }

    /// Convolves with f32 vectors. Buffers have been checked.
    fn by_vectors(&self, x: &[f32], batch: usize, size: [usize; 2], output: [usize; 2], epilogue: Epilogue<'_>, out: &mut [f32]) {
        let geometry = &self.geometry;
        let (rows, _) = talkinghead_simd::tile_shape(self.instructions);
        if self.method == Method::Fast && winograd::pays(geometry, batch, output) {
            let weights = self.winograd.get_or_init(|| WinogradWeights::new(geometry, &self.direct.unpack(geometry), rows));
            let problem = winograd::Problem { geometry, weights, x, batch, size, output, epilogue };
            winograd::convolve(self.instructions, problem, out);
            return;
        }
        let weights = &self.direct;
        direct::convolve(self.instructions, direct::Problem { geometry, weights, x, batch, size, output, epilogue }, out);
    }
}

/// A convolution with weights that are used once: those of training. The method decides as for [`Convolution::new`]; a transposed
/// convolution of stride 1 can be fast too.
///
/// # Errors
/// As [`Convolution::new`] and [`Convolution::forward`].
#[expect(clippy::too_many_arguments, reason = "the parts of one call")]
pub fn convolve_once(
    geometry: &Geometry,
    weights: &[f32],
    instructions: InstructionSet,
    method: Method,
    x: &[f32],
    batch: usize,
    size: [usize; 2],
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) -> Result<(), KernelError> {
    geometry.check()?;
    check("weights", weights.len(), geometry.weights())?;
    let output = geometry.output_size(size)?;
    check_buffers(geometry, x, batch, size, output, &epilogue, out)?;
    if out.is_empty() {
        return Ok(());
    }
    let instructions = instructions.or_portable();
    let (rows, _) = talkinghead_simd::tile_shape(instructions);
    if method == Method::Fast {
        let turned = if winograd::pays_once(&geometry.ordinary(), batch, output) { geometry.turned(weights) } else { None };
        let (geometry, weights) = turned.as_ref().map_or((geometry, weights), |(geometry, weights)| (geometry, weights));
        if winograd::pays_once(geometry, batch, output) {
            let weights = &WinogradWeights::new(geometry, weights, rows);
            winograd::convolve(instructions, winograd::Problem { geometry, weights, x, batch, size, output, epilogue }, out);
            return Ok(());
        }
    }
    let weights = &DirectWeights::new(geometry, weights, rows);
    direct::convolve(instructions, direct::Problem { geometry, weights, x, batch, size, output, epilogue }, out);
    Ok(())
}

fn check_buffers(
    geometry: &Geometry,
    x: &[f32],
    batch: usize,
    size: [usize; 2],
    output: [usize; 2],
    epilogue: &Epilogue<'_>,
    out: &[f32],
) -> Result<(), KernelError> {
    let count = |channels: usize, [height, width]: [usize; 2]| -> usize {
        [channels, height, width].into_iter().fold(batch, usize::saturating_mul)
    };
    check("input", x.len(), count(geometry.input, size))?;
    let length = count(geometry.output, output);
    check("output", out.len(), length)?;
    if let Some(bias) = epilogue.bias {
        check("bias", bias.len(), geometry.output)?;
    }
    if let Some(residual) = epilogue.residual {
        check("residual", residual.len(), length)?;
    }
    Ok(())
}

pub(crate) fn check(what: &'static str, found: usize, wanted: usize) -> Result<(), KernelError> {
    if found == wanted { Ok(()) } else { Err(KernelError::Length { what, wanted, found }) }
}
