//! How alike two pictures' features are at a distance.

use burn::tensor::{Int, Tensor, TensorData};

/// Steps of two pixels to each side.
const REACH: isize = 10;
/// Pixels a step.
const STEP: isize = 2;
/// Displacements looked at: 21 x 21.
pub const DISPLACEMENTS: usize = ((2 * REACH + 1) * (2 * REACH + 1)) as usize;

/// Mean over channels of `a` times `b` moved, for moves of -20 to 20 pixels in steps of 2; zeros lie outside.
///
/// # Shapes
/// Two of [batch, channels, height, width] -> [batch, 441, height, width]; the move along y is the slow one.
pub fn correlation(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = a.dims();
    let (pixels, device) = (height * width, a.device());
    let flat = |x: Tensor<4>| x.reshape([batch, channels, pixels]);
    // All pairs at once: a product of matrices takes less time than 441 moves although it computes more.
    let pairs = flat(a).swap_dims(1, 2).matmul(flat(b)).div_scalar(channels as f32);
    let (index, inside) = places(height, width);
    let shape = [1, pixels, DISPLACEMENTS];
    let index = Tensor::<3, Int>::from_data(TensorData::new(index, shape), &device).expand([batch, pixels, DISPLACEMENTS]);
    let inside = Tensor::<3>::from_data(TensorData::new(inside, shape), &device);
    (pairs.gather(2, index) * inside).swap_dims(1, 2).reshape([batch, DISPLACEMENTS, height, width])
}

/// For every pixel and move: the pixel met there, and whether there is one.
fn places(height: usize, width: usize) -> (Vec<i64>, Vec<f32>) {
    let count = height * width * DISPLACEMENTS;
    let (mut index, mut inside) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for y in 0..height as isize {
        for x in 0..width as isize {
            for down in -REACH..=REACH {
                for right in -REACH..=REACH {
                    let (row, column) = (y + STEP * down, x + STEP * right);
                    let there = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
                    index.push(if there { (row * width as isize + column) as i64 } else { 0 });
                    inside.push(f32::from(u8::from(there)));
                }
            }
        }
    }
    (index, inside)
}
