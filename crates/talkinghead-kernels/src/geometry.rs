//! Sizes, strides and paddings of a convolution, and its decomposition into phases.

use crate::scratch::SharedMut;
use crate::{KernelError, parallel};

/// Which way a convolution goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Each output pixel looks at a window of the input.
    Ordinary,
    /// Each input pixel is spread over a window of the output: the transpose of an ordinary convolution.
    Transposed {
        /// Rows and columns added at the lower right, to choose among the sizes that a stride allows.
        output_padding: [usize; 2],
    },
}

/// A 2D convolution without its data; weights are `[output, input, kh, kw]`, transposed `[input, output, kh, kw]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Input channels.
    pub input: usize,
    /// Output channels.
    pub output: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Step along y and x.
    pub stride: [usize; 2],
    /// Zeros on each side along y and x.
    pub padding: [usize; 2],
    /// Distance of neighbouring taps along y and x.
    pub dilation: [usize; 2],
    /// Direction.
    pub direction: Direction,
}

impl Geometry {
    /// A square kernel with stride 1, no padding, no dilation.
    pub fn new(input: usize, output: usize, kernel: usize) -> Self {
        Self {
            input,
            output,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [0; 2],
            dilation: [1; 2],
            direction: Direction::Ordinary,
        }
    }

    /// With a stride along both axes.
    pub fn stride(self, stride: usize) -> Self {
        Self { stride: [stride; 2], ..self }
    }

    /// With zeros on every side.
    pub fn padding(self, padding: usize) -> Self {
        Self { padding: [padding; 2], ..self }
    }

    /// With taps apart.
    pub fn dilation(self, dilation: usize) -> Self {
        Self { dilation: [dilation; 2], ..self }
    }

    /// Transposed.
    pub fn transposed(self, output_padding: usize) -> Self {
        Self { direction: Direction::Transposed { output_padding: [output_padding; 2] }, ..self }
    }

    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Numbers in the weights; those that cannot be counted are more than any buffer holds.
    pub fn weights(&self) -> usize {
        self.weight_shape().into_iter().fold(1, usize::saturating_mul)
    }

    /// Shape of the weights: `[output, input, kh, kw]`, transposed `[input, output, kh, kw]`.
    pub fn weight_shape(&self) -> [usize; 4] {
        let [height, width] = self.kernel;
        match self.direction {
            Direction::Ordinary => [self.output, self.input, height, width],
            Direction::Transposed { .. } => [self.input, self.output, height, width],
        }
    }

    /// Whether it can be a convolution at all, whatever the input.
    pub(crate) fn check(&self) -> Result<(), KernelError> {
        if [self.kernel, self.stride, self.dilation].concat().contains(&0) {
            return Err(KernelError::Geometry("kernel, stride and dilation must be at least 1".into()));
        }
        Ok(())
    }

    /// Height and width of the output for an input of that size.
    ///
    /// # Errors
    /// A stride, kernel or dilation of zero, or a kernel larger than the padded input.
    pub fn output_size(&self, size: [usize; 2]) -> Result<[usize; 2], KernelError> {
        self.check()?;
        let mut result = [0; 2];
        for axis in 0..2 {
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            let too_large = || KernelError::Geometry(format!("sizes beyond what can be counted: {self:?} at {size:?}"));
            let span = (kernel - 1).checked_mul(dilation).and_then(|reach| reach.checked_add(1)).ok_or_else(too_large)?;
            let twice = self.padding[axis].checked_mul(2).ok_or_else(too_large)?;
            result[axis] =
                match self.direction {
                    Direction::Ordinary => {
                        let padded = size[axis].checked_add(twice).ok_or_else(too_large)?;
                        let room = padded.checked_sub(span).ok_or_else(|| {
                            KernelError::Geometry(format!("a kernel that spans {span} does not fit {padded} padded pixels"))
                        })?;
                        room / stride + 1
                    }
                    Direction::Transposed { output_padding } => {
                        let steps = size[axis].saturating_sub(1).checked_mul(stride).ok_or_else(too_large)?;
                        let whole = steps.checked_add(span).and_then(|sum| sum.checked_add(output_padding[axis]));
                        whole.ok_or_else(too_large)?.checked_sub(twice).filter(|&size| size > 0).ok_or_else(|| {
                            KernelError::Geometry(format!("a padding of {} leaves no output", self.padding[axis]))
                        })?
                    }
                };
        }
        Ok(result)
    }

    /// The convolution whose forward pass is this one's gradient with respect to the input, for an input of that size. It reads
    /// the same weights in the same order.
    ///
    /// # Errors
    /// As [`Geometry::output_size`].
    pub fn input_gradient(&self, size: [usize; 2]) -> Result<Self, KernelError> {
        let swapped = Self { input: self.output, output: self.input, ..*self };
        match self.direction {
            Direction::Transposed { .. } => Ok(Self { direction: Direction::Ordinary, ..swapped }),
            Direction::Ordinary => {
                let small = self.output_size(size)?;
                let mut output_padding = [0; 2];
                for axis in 0..2 {
                    let reach = (self.kernel[axis] - 1) * self.dilation[axis];
                    let covered = (small[axis] - 1) * self.stride[axis] + reach + 1;
                    output_padding[axis] = (size[axis] + 2 * self.padding[axis]).saturating_sub(covered);
                }
                Ok(Self { direction: Direction::Transposed { output_padding }, ..swapped })
            }
        }
    }

    /// The same sizes as an ordinary convolution.
    pub(crate) fn ordinary(&self) -> Self {
        Self { direction: Direction::Ordinary, ..*self }
    }

    /// The ordinary convolution that a transposed one of stride 1 is, with its weights turned: `None` for any other.
    pub(crate) fn turned(&self, weights: &[f32]) -> Option<(Self, Vec<f32>)> {
        let Direction::Transposed { output_padding: [0, 0] } = self.direction else { return None };
        let reach = [0, 1].map(|axis| (self.kernel[axis].saturating_sub(1)) * self.dilation[axis]);
        let fits = (0..2).all(|axis| self.padding[axis] <= reach[axis]);
        if self.stride != [1; 2] || !fits || weights.len() != self.weights() {
            return None;
        }
        let taps = self.taps();
        let mut turned = vec![0.0; weights.len()];
        let shared = SharedMut::new(&mut turned);
        parallel::each(parallel::threads(4 * weights.len()), self.output, |output| {
            // SAFETY: each output channel is one task's.
            let to = unsafe { shared.part(output * self.input * taps, self.input * taps) };
            for (input, to) in to.chunks_exact_mut(taps).enumerate() {
                let from = &weights[(input * self.output + output) * taps..][..taps];
                to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = *from);
            }
        });
        let padding = [reach[0] - self.padding[0], reach[1] - self.padding[1]];
        Some((Self { padding, direction: Direction::Ordinary, ..*self }, turned))
    }

    /// Multiply-adds for a batch of inputs of that size.
    ///
    /// # Errors
    /// As [`Geometry::output_size`].
    pub fn multiply_adds(&self, batch: usize, size: [usize; 2]) -> Result<usize, KernelError> {
        let out = self.output_size(size)?;
        let windows = if self.direction == Direction::Ordinary { out } else { size };
        Ok([batch, windows[0], windows[1]].into_iter().fold(self.weights(), usize::saturating_mul))
    }
}

/// A tap of a phase: which weight, and where its input lies relative to the first pixel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tap {
    /// Index `ky * kw + kx`.
    pub weight: usize,
    /// Rows from the phase's row times the input step.
    pub dy: isize,
    /// Columns likewise.
    pub dx: isize,
}

/// Output pixels that see the same taps: all of an ordinary convolution, one residue class of a transposed one. Pixel (r, c) of the
/// phase is output pixel (first + r * step) and looks at input (r * input_step + tap).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    pub taps: Vec<Tap>,
    pub first: [usize; 2],
    pub step: [usize; 2],
    pub size: [usize; 2],
    pub input_step: [usize; 2],
}

impl Geometry {
    /// Residue classes along y and x that the taps of a transposed convolution fall into; one for an ordinary convolution.
    pub(crate) fn phase_grid(&self) -> [usize; 2] {
        if self.direction == Direction::Ordinary { [1; 2] } else { self.stride }
    }

    /// The taps of one phase; those do not depend on the picture's size.
    pub(crate) fn taps_of_phase(&self, phase: [usize; 2]) -> Vec<Tap> {
        let along = |axis: usize| -> Vec<(usize, isize)> {
            let (padding, dilation) = (self.padding[axis] as isize, self.dilation[axis] as isize);
            (0..self.kernel[axis])
                .filter_map(|k| match self.direction {
                    Direction::Ordinary => Some((k, k as isize * dilation - padding)),
                    Direction::Transposed { .. } => {
                        let stride = self.stride[axis] as isize;
                        let place = phase[axis] as isize + padding - k as isize * dilation;
                        (place.rem_euclid(stride) == 0).then_some((k, place.div_euclid(stride)))
                    }
                })
                .collect()
        };
        let columns = along(1);
        let width = self.kernel[1];
        along(0)
            .into_iter()
            .flat_map(|(ky, dy)| columns.iter().map(move |&(kx, dx)| Tap { weight: ky * width + kx, dy, dx }))
            .collect()
    }

    /// All phases of an output of that size, those without pixels left out; the index is that of the phase grid.
    pub(crate) fn phases(&self, output: [usize; 2]) -> Vec<(usize, Phase)> {
        let grid = self.phase_grid();
        let input_step = if self.direction == Direction::Ordinary { self.stride } else { [1; 2] };
        let mut phases = Vec::new();
        for y in 0..grid[0] {
            for x in 0..grid[1] {
                let size = [output[0].saturating_sub(y).div_ceil(grid[0]), output[1].saturating_sub(x).div_ceil(grid[1])];
                if size[0] * size[1] > 0 {
                    let taps = self.taps_of_phase([y, x]);
                    phases.push((y * grid[1] + x, Phase { taps, first: [y, x], step: grid, size, input_step }));
                }
            }
        }
        phases
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_are_pytorchs() {
        assert_eq!(Geometry::new(1, 1, 3).padding(1).output_size([8, 5]).unwrap(), [8, 5]);
        assert_eq!(Geometry::new(1, 1, 3).padding(1).stride(2).output_size([8, 5]).unwrap(), [4, 3]);
        assert_eq!(Geometry::new(1, 1, 4).padding(2).stride(2).output_size([8, 5]).unwrap(), [5, 3]);
        assert_eq!(Geometry::new(1, 1, 3).padding(1).stride(2).transposed(1).output_size([4, 3]).unwrap(), [8, 6]);
        assert_eq!(Geometry::new(1, 1, 3).dilation(2).output_size([5, 6]).unwrap(), [1, 2]);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Geometry::new(1, 1, 5).output_size([4, 9]).is_err());
        assert!(Geometry::new(1, 1, 0).output_size([4, 9]).is_err());
        assert!(Geometry::new(1, 1, 1).stride(0).output_size([4, 9]).is_err());
        assert!(Geometry::new(1, 1, 1).padding(3).transposed(0).output_size([1, 1]).is_err());
        assert!(Geometry::new(1, 1, 2).dilation(usize::MAX).output_size([4, 4]).is_err());
    }

    #[test]
    fn the_input_gradient_has_the_inputs_size() {
        for kernel in 1..5 {
            for stride in 1..4 {
                for padding in 0..kernel {
                    for size in [[9, 7], [8, 12]] {
                        let geometry = Geometry::new(2, 3, kernel).stride(stride).padding(padding);
                        let small = geometry.output_size(size).unwrap();
                        assert_eq!(geometry.input_gradient(size).unwrap().output_size(small).unwrap(), size);
                    }
                }
            }
        }
    }
}
