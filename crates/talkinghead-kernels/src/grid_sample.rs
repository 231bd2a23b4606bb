//! Bilinear sampling of a picture at given places, and its true gradients; places outside are clamped to the border.

use crate::convolution::check;
use crate::scratch::SharedMut;
use crate::{KernelError, parallel};

/// What -1 and 1 of a grid mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Corners {
    /// The centres of the outermost pixels (`align_corners` on).
    Centres,
    /// The outer edges of the outermost pixels (`align_corners` off).
    Edges,
}

/// Sizes of a sampling: `x` `[batch, channels, size]`, grid `[batch, out, 2]` (x, then y), output `[batch, channels, out]`.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    /// Pictures.
    pub batch: usize,
    /// Channels of a picture.
    pub channels: usize,
    /// Height and width of the pictures.
    pub size: [usize; 2],
    /// Height and width of the output.
    pub out: [usize; 2],
    /// Meaning of the grid.
    pub corners: Corners,
}

/// Where one output pixel is read: the four neighbours, their weights, and how the place moves with the grid.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Indices of upper left, upper right, lower left, lower right.
    index: [usize; 4],
    /// Fractions along x and y.
    fraction: [f32; 2],
    /// Pixels per unit of the grid along x and y; 0 where the place is clamped.
    slope: [f32; 2],
}

impl Place {
    #[inline(always)]
    fn new(grid: &[f32], size: [usize; 2], corners: Corners) -> Self {
        let axis = |value: f32, size: usize| -> (usize, usize, f32, f32) {
            let last = (size - 1) as f32;
            let (place, slope) = match corners {
                Corners::Centres => ((value + 1.0) / 2.0 * last, last / 2.0),
                Corners::Edges => (((value + 1.0) * size as f32 - 1.0) / 2.0, size as f32 / 2.0),
            };
            // Places outside are clamped; there, and for NaN, nothing moves with the grid.
            let slope = if place > 0.0 && place < last { slope } else { 0.0 };
            let place = place.max(0.0).min(last);
            let first = (place as usize).min(size - 1);
            (first, (first + 1).min(size - 1), place - first as f32, slope)
        };
        let (left, right, fx, sx) = axis(grid[0], size[1]);
        let (top, bottom, fy, sy) = axis(grid[1], size[0]);
        let width = size[1];
        Self {
            index: [top * width + left, top * width + right, bottom * width + left, bottom * width + right],
            fraction: [fx, fy],
            slope: [sx, sy],
        }
    }

    #[inline(always)]
    fn weights(&self) -> [f32; 4] {
        let [x, y] = self.fraction;
        [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]
    }
}

impl Sampling {
    fn check(&self, x: &[f32], grid: &[f32]) -> Result<(), KernelError> {
        if self.size.contains(&0) {
            return Err(KernelError::Geometry("cannot sample a picture without pixels".into()));
        }
        check("picture", x.len(), self.batch * self.channels * self.size[0] * self.size[1])?;
        check("grid", grid.len(), self.batch * self.out[0] * self.out[1] * 2)
    }

    /// Samples.
    ///
    /// # Errors
    /// Buffers of the wrong length, or a picture without pixels.
    pub fn forward(&self, x: &[f32], grid: &[f32]) -> Result<Vec<f32>, KernelError> {
        self.check(x, grid)?;
        let (plane, pixels) = (self.size[0] * self.size[1], self.out[0] * self.out[1]);
        let mut out = vec![0.0; self.batch * self.channels * pixels];
        let shared = SharedMut::new(&mut out);
        let work = 16 * self.batch * self.channels * pixels;
        parallel::each(parallel::threads(work), self.batch * self.out[0], |line| {
            let (b, row) = (line / self.out[0], line % self.out[0]);
            for column in 0..self.out[1] {
                let pixel = row * self.out[1] + column;
                let place = Place::new(&grid[(b * pixels + pixel) * 2..][..2], self.size, self.corners);
                let weights = place.weights();
                for channel in 0..self.channels {
                    let x = &x[(b * self.channels + channel) * plane..][..plane];
                    let value = (0..4).map(|i| x[place.index[i]] * weights[i]).sum();
                    // SAFETY: each row of the output is one task's.
                    unsafe { *shared.address((b * self.channels + channel) * pixels + pixel, 1) = value };
                }
            }
        });
        Ok(out)
    }

    /// Gradients with respect to the picture and to the grid, from that of the output.
    ///
    /// # Errors
    /// As [`Sampling::forward`].
    pub fn backward(&self, x: &[f32], grid: &[f32], y: &[f32]) -> Result<(Vec<f32>, Vec<f32>), KernelError> {
        self.check(x, grid)?;
        let (plane, pixels) = (self.size[0] * self.size[1], self.out[0] * self.out[1]);
        check("output's gradient", y.len(), self.batch * self.channels * pixels)?;
        let (mut of_x, mut of_grid) = (vec![0.0; x.len()], vec![0.0; grid.len()]);
        let work = 32 * self.batch * self.channels * pixels;
        let threads = parallel::threads(work);
        let shared = SharedMut::new(&mut of_x);
        // Pixels scatter anywhere in their plane: a plane is one task's.
        parallel::each(threads, self.batch * self.channels, |index| {
            let b = index / self.channels;
            // SAFETY: each plane is one task's.
            let of_x = unsafe { shared.part(index * plane, plane) };
            for (pixel, y) in y[index * pixels..][..pixels].iter().enumerate() {
                let place = Place::new(&grid[(b * pixels + pixel) * 2..][..2], self.size, self.corners);
                for (index, weight) in place.index.into_iter().zip(place.weights()) {
                    of_x[index] += weight * y;
                }
            }
        });
        let shared = SharedMut::new(&mut of_grid);
        parallel::each(threads, self.batch * self.out[0], |line| {
            let (b, row) = (line / self.out[0], line % self.out[0]);
            for pixel in row * self.out[1]..(row + 1) * self.out[1] {
                let place = Place::new(&grid[(b * pixels + pixel) * 2..][..2], self.size, self.corners);
                let [fx, fy] = place.fraction;
                let mut sums = [0.0_f32; 2];
                for channel in 0..self.channels {
                    let x = &x[(b * self.channels + channel) * plane..][..plane];
                    let [a, b_, c, d] = place.index.map(|index| x[index]);
                    let y = y[(b * self.channels + channel) * pixels + pixel];
                    sums[0] += y * ((b_ - a) * (1.0 - fy) + (d - c) * fy);
                    sums[1] += y * ((c - a) * (1.0 - fx) + (d - b_) * fx);
                }
                // SAFETY: each row of the grid is one task's.
                let to = unsafe { shared.part((b * pixels + pixel) * 2, 2) };
                to[0] = sums[0] * place.slope[0];
                to[1] = sums[1] * place.slope[1];
            }
        });
        Ok((of_x, of_grid))
    }
}
