//! Sampling a picture at a flow field.

use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::{Corners, KernelError};

use super::GridAlignment;

/// Samples `image` [batch, channels, H, W] at each pixel plus `flow` [batch, 2, H, W] (pixels, x then y): bilinear, clamped
/// at the border.
///
/// # Errors
/// A flow of another size than the picture.
pub fn warp(image: Tensor<4>, flow: Tensor<4>, alignment: GridAlignment) -> Result<Tensor<4>, KernelError> {
    let [batch, _, height, width] = image.dims();
    let device = image.device();
    let base = base_grid(height, width, &device);
    let half = |size: usize| ((size as f64 - 1.0) / 2.0).max(f64::MIN_POSITIVE);
    let (x, y) = (flow.clone().narrow(1, 0, 1).div_scalar(half(width)), flow.narrow(1, 1, 1).div_scalar(half(height)));
    let offset = Tensor::cat(vec![x, y], 1).permute([0, 2, 3, 1]);
    let grid = offset + base.expand([batch, height, width, 2]);
    let corners = if alignment == GridAlignment::Corners { Corners::Centres } else { Corners::Edges };
    talkinghead_kernels::burn::grid_sample(image, grid, corners)
}

/// Evenly spaced from -1 to 1 along both axes, `[1, H, W, 2]`, x then y.
fn base_grid(height: usize, width: usize, device: &Device) -> Tensor<4> {
    let place = |index: usize, size: usize| {
        if size > 1 { (-1.0 + 2.0 * index as f64 / (size as f64 - 1.0)) as f32 } else { -1.0 }
    };
    let values: Vec<f32> =
        (0..height).flat_map(|row| (0..width).flat_map(move |column| [place(column, width), place(row, height)])).collect();
    Tensor::from_data(TensorData::new(values, [1, height, width, 2]), device)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn zero_flow_is_the_identity_and_whole_pixels_shift() {
        let device = Device::flex();
        let values: Vec<f32> = (0..12).map(|x| x as f32).collect();
        let image = Tensor::<4>::from_data(TensorData::new(values.clone(), [1, 1, 3, 4]), &device);
        let same = warp(image.clone(), Tensor::zeros([1, 2, 3, 4], &device), GridAlignment::Corners).unwrap();
        let same = same.into_data().try_into_vec_as::<f32>().unwrap();
        assert!(same.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-5), "{same:?}");
        let right = Tensor::cat(vec![Tensor::ones([1, 1, 3, 4], &device), Tensor::zeros([1, 1, 3, 4], &device)], 1);
        let moved = warp(image, right, GridAlignment::Corners).unwrap().into_data().try_into_vec_as::<f32>().unwrap();
        assert!((moved[0] - 1.0).abs() < 1e-5 && (moved[3] - 3.0).abs() < 1e-5, "{moved:?}");
    }
}
