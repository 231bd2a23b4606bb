//! Looking pictures up between their pixels, and resizing them; the plain operations of flow networks, on any device.

use burn::tensor::{Device, Tensor, TensorData};

/// What lies outside of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// The nearest pixel of the border.
    Border,
    /// Zeros.
    Zero,
}

/// Values of `planes` `[count, channels, height, width]` at the places `x` (columns) and `y` (rows) `[count, points]`, bilinear
/// between pixel centres: `[count, channels, points]`.
pub fn look_up(planes: Tensor<4>, x: Tensor<2>, y: Tensor<2>, outside: Outside) -> Tensor<3> {
    let [count, channels, height, width] = planes.dims();
    let points = x.dims()[1];
    let planes = planes.reshape([count, channels, height * width]);
    // Fractions are taken before places are clamped.
    let (left, top) = (x.clone().floor(), y.clone().floor());
    let (right_share, bottom_share) = (x - left.clone(), y - top.clone());
    let (left_share, top_share) = (right_share.clone().neg().add_scalar(1.0), bottom_share.clone().neg().add_scalar(1.0));
    let tap = |step: [f32; 2], share: Tensor<2>| {
        let (column, row) = (left.clone().add_scalar(step[0]), top.clone().add_scalar(step[1]));
        let inside_column = column.clone().clamp(0.0, (width - 1) as f32);
        let inside_row = row.clone().clamp(0.0, (height - 1) as f32);
        let share = match outside {
            Outside::Border => share,
            Outside::Zero => share * column.equal(inside_column.clone()).float() * row.equal(inside_row.clone()).float(),
        };
        let index = (inside_row.mul_scalar(width as f32) + inside_column).int();
        let index = index.reshape([count, 1, points]).expand([count, channels, points]);
        planes.clone().gather(2, index) * share.reshape([count, 1, points])
    };
    tap([0.0, 0.0], left_share.clone() * top_share.clone())
        + tap([1.0, 0.0], right_share.clone() * top_share)
        + tap([0.0, 1.0], left_share * bottom_share.clone())
        + tap([1.0, 1.0], right_share * bottom_share)
}

/// `image` `[batch, channels, height, width]` at every pixel plus `flow` `[batch, 2, height, width]` (pixels, x then y); places
/// outside are clamped.
pub fn resample(image: Tensor<4>, flow: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = image.dims();
    let places = flow.clone() + pixel_grid(height, width, &flow.device()).expand([batch, 2, height, width]);
    let axis = |axis: usize| places.clone().narrow(1, axis, 1).reshape([batch, height * width]);
    look_up(image, axis(0), axis(1), Outside::Border).reshape([batch, channels, height, width])
}

/// Column and row of every pixel, `[1, 2, height, width]`.
pub fn pixel_grid(height: usize, width: usize, device: &Device) -> Tensor<4> {
    let columns = (0..height * width).map(|i| (i % width) as f32);
    let rows = (0..height * width).map(|i| (i / width) as f32);
    Tensor::from_data(TensorData::new(columns.chain(rows).collect::<Vec<f32>>(), [1, 2, height, width]), device)
}

/// Euclidean norm over channels, `[batch, channels, height, width]` -> `[batch, 1, height, width]`.
pub fn channel_norm(x: Tensor<4>) -> Tensor<4> {
    square_norm(x).sqrt()
}

/// Its square.
pub fn square_norm(x: Tensor<4>) -> Tensor<4> {
    (x.clone() * x).sum_dim(1)
}

/// Every pixel `times` times along both axes.
pub fn repeat_pixels(x: Tensor<4>, times: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    x.reshape([batch, channels, height, 1, width, 1]).expand([batch, channels, height, times, width, times]).reshape([
        batch,
        channels,
        height * times,
        width * times,
    ])
}

/// Bilinear resize whose outermost pixel centres stay the outermost (`align_corners` on).
pub fn resize_between_corners(x: Tensor<4>, height: usize, width: usize) -> Tensor<4> {
    let [batch, channels, old_height, old_width] = x.dims();
    let planes = batch * channels;
    let rows = corner_matrix(old_height, height, &x.device()).unsqueeze::<3>().expand([planes, height, old_height]);
    let columns = corner_matrix(old_width, width, &x.device()).transpose().unsqueeze::<3>().expand([planes, old_width, width]);
    let x = x.reshape([planes, old_height, old_width]);
    rows.matmul(x).matmul(columns).reshape([batch, channels, height, width])
}

fn corner_matrix(from: usize, to: usize, device: &Device) -> Tensor<2> {
    let mut matrix = vec![0.0_f32; to * from];
    let step = if to > 1 { (from - 1) as f64 / (to - 1) as f64 } else { 0.0 };
    for (row, weights) in matrix.chunks_exact_mut(from).enumerate() {
        let place = row as f64 * step;
        let first = (place as usize).min(from - 1);
        let share = (place - first as f64) as f32;
        weights[first] += 1.0 - share;
        weights[(first + 1).min(from - 1)] += share;
    }
    Tensor::from_data(TensorData::new(matrix, [to, from]), device)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec_as::<f32>().unwrap()
    }

    fn ramp() -> Tensor<4> {
        let values: Vec<f32> = (0..12).map(|i| i as f32).collect();
        Tensor::from_data(TensorData::new(values, [1, 1, 3, 4]), &Device::flex())
    }

    #[test]
    fn a_flow_looks_to_the_right_and_down_and_stops_at_the_border() {
        let flow = |u: f32, v: f32| {
            let values = [vec![u; 12], vec![v; 12]].concat();
            Tensor::<4>::from_data(TensorData::new(values, [1, 2, 3, 4]), &Device::flex())
        };
        let moved = numbers(resample(ramp(), flow(0.5, 1.0)));
        assert_eq!(moved[..4], [4.5, 5.5, 6.5, 7.0]);
        assert_eq!(moved[8..], [8.5, 9.5, 10.5, 11.0]);
        // 2.25 columns left of the first: the fraction is that of the place itself, the pixels are those of the border.
        assert_eq!(numbers(resample(ramp(), flow(-2.25, 0.0)))[..4], [0.0, 0.0, 0.0, 0.75]);
    }

    #[test]
    fn outside_can_be_zero() {
        let at = |x: f32, y: f32| {
            let place = |value: f32| Tensor::<2>::from_data(TensorData::new(vec![value], [1, 1]), &Device::flex());
            numbers(look_up(ramp(), place(x), place(y), Outside::Zero))[0]
        };
        assert_eq!([at(1.0, 1.0), at(3.5, 0.0), at(-0.5, 2.0), at(9.0, 9.0)], [5.0, 1.5, 4.0, 0.0]);
    }

    #[test]
    fn corners_stay_corners() {
        let large = numbers(resize_between_corners(ramp(), 5, 7));
        assert_eq!([large[0], large[6], large[28], large[34]], [0.0, 3.0, 8.0, 11.0]);
        assert_eq!(large[8], 2.5);
    }

    #[test]
    fn repeated_pixels_keep_their_places() {
        let x = Tensor::<4>::from_data(TensorData::new(vec![1.0_f32, 2.0], [1, 1, 1, 2]), &Device::flex());
        assert_eq!(numbers(repeat_pixels(x, 2)), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    }
}
