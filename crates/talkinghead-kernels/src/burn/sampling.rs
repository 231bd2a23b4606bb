//! Sampling of Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};

use super::operations::KernelBackend;
use super::primitive::is_on_processor;
use crate::{Corners, KernelError};

/// Samples `x` [batch, channels, h, w] at `grid` [batch, H, W, 2] (x, then y, -1 to 1), bilinear, clamped at the border.
/// Differentiable. On the processor with the kernels of this crate, elsewhere with Burn's.
///
/// # Errors
/// A grid that is not of that shape, or pictures without pixels.
pub fn grid_sample(x: Tensor<4>, grid: Tensor<4>, corners: Corners) -> Result<Tensor<4>, KernelError> {
    let [batch, _, height, width] = x.dims();
    let [of_grid, rows, columns, axes] = grid.dims();
    if (of_grid, axes) != (batch, 2) {
        let wanted = vec![batch, rows, columns, 2];
        return Err(KernelError::Shape { what: "grid", wanted, found: grid.dims().to_vec() });
    }
    if height * width == 0 {
        return Err(KernelError::Geometry("cannot sample a picture without pixels".into()));
    }
    if !is_on_processor(&x) {
        let options = GridSampleOptions::new(InterpolateMode::Bilinear)
            .with_padding_mode(GridSamplePaddingMode::Border)
            .with_align_corners(corners == Corners::Centres);
        // Burn's GPU kernel takes it for granted that x and y lie side by side; a permuted view is sampled elsewhere.
        let grid = Tensor::cat(vec![grid.clone().narrow(3, 0, 1), grid.narrow(3, 1, 1)], 3);
        return Ok(x.grid_sample_2d(grid, options));
    }
    let out = <Dispatch as KernelBackend>::kernel_grid_sample(x.into_dispatch(), grid.into_dispatch(), corners);
    Ok(Tensor::from_dispatch(out))
}
