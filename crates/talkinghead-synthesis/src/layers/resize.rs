//! Changing the size of feature maps.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData};
use talkinghead_kernels::KernelError;
use talkinghead_kernels::burn::is_on_processor;

/// Every pixel twice along both axes.
///
/// # Errors
/// A result too large for any memory.
pub fn upsample_nearest(x: Tensor<4>) -> Result<Tensor<4>, KernelError> {
    if is_on_processor(&x) {
        return talkinghead_kernels::burn::upsample_nearest(x);
    }
    Ok(interpolate(x, InterpolateOptions::new(InterpolateMode::Nearest).with_scale_factor([2.0, 2.0])))
}

/// Bilinear, pixel centres at half coordinates (`align_corners` off), no smoothing. Unchanged if the size is right already.
pub fn resize_bilinear(x: Tensor<4>, height: usize, width: usize) -> Tensor<4> {
    let [batch, channels, old_height, old_width] = x.dims();
    if (old_height, old_width) == (height, width) {
        return x;
    }
    let device = x.device();
    let planes = batch * channels;
    let rows = interpolation_matrix(old_height, height, &device).unsqueeze::<3>();
    let columns = interpolation_matrix(old_width, width, &device).transpose().unsqueeze::<3>();
    let x = x.reshape([planes, old_height, old_width]);
    let x = rows.expand([planes, height, old_height]).matmul(x);
    x.matmul(columns.expand([planes, old_width, width])).reshape([batch, channels, height, width])
}

fn interpolation_matrix(from: usize, to: usize, device: &Device) -> Tensor<2> {
    let mut matrix = vec![0.0_f32; to * from];
    for (row, weights) in matrix.chunks_exact_mut(from).enumerate() {
        let position = ((row as f32 + 0.5) * (from as f32 / to as f32) - 0.5).max(0.0);
        let first = (position as usize).min(from - 1);
        let second = (first + 1).min(from - 1);
        let fraction = position - first as f32;
        weights[first] += 1.0 - fraction;
        weights[second] += fraction;
    }
    Tensor::from_data(TensorData::new(matrix, [to, from]), device)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bilinear_matches_worked_values() {
        // torch.nn.functional.interpolate([[0, 1, 2]], size=(1, 2), mode='bilinear', align_corners=False) = [0.25, 1.75]
        let device = Device::flex();
        let x = Tensor::<4>::from_data(TensorData::new(vec![0.0_f32, 1.0, 2.0], [1, 1, 1, 3]), &device);
        let small = resize_bilinear(x.clone(), 1, 2).into_data().try_into_vec_as::<f32>().unwrap();
        assert_eq!(small, [0.25, 1.75]);
        let large = resize_bilinear(x, 1, 6).into_data().try_into_vec_as::<f32>().unwrap();
        assert_eq!(large, [0.0, 0.25, 0.75, 1.25, 1.75, 2.0]);
    }
}
