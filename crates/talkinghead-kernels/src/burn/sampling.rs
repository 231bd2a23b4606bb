//! Sampling of Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};

use super::operations::KernelBackend;
use super::primitive::is_on_processor;
use crate::Corners;

/// Samples `x` [batch, channels, h, w] at `grid` [batch, H, W, 2] (x, then y, -1 to 1), bilinear, clamped at the border.
/// Differentiable. On the processor with the kernels of this crate, elsewhere with Burn's.
pub fn grid_sample(x: Tensor<4>, grid: Tensor<4>, corners: Corners) -> Tensor<4> {
    if !is_on_processor(&x) {
        let options = GridSampleOptions::new(InterpolateMode::Bilinear)
            .with_padding_mode(GridSamplePaddingMode::Border)
            .with_align_corners(corners == Corners::Centres);
        // Burn's GPU kernel takes it for granted that x and y lie side by side; a permuted view is sampled elsewhere.
        let grid = Tensor::cat(vec![grid.clone().narrow(3, 0, 1), grid.narrow(3, 1, 1)], 3);
        return x.grid_sample_2d(grid, options);
    }
    let out = <Dispatch as KernelBackend>::kernel_grid_sample(x.into_dispatch(), grid.into_dispatch(), corners);
    Tensor::from_dispatch(out)
}
