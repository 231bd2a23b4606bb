//! How alike every place of one picture is to every place of the other, at four scales.

use burn::tensor::{Tensor, TensorData};

use crate::flow::sampling::{Outside, look_up};

const LEVELS: usize = 4;
/// Places looked at to each side.
const RADIUS: isize = 3;
const SIDE: usize = (2 * RADIUS + 1) as usize;
/// Channels of what is looked up.
pub const CHANNELS: usize = LEVELS * SIDE * SIDE;

/// Products of all pairs of features.
#[derive(Debug)]
pub struct CorrelationPyramid {
    /// `[batch * h * w, 1, h / 2^level, w / 2^level]`.
    levels: Vec<Tensor<4>>,
    shape: [usize; 3],
}

impl CorrelationPyramid {
    /// Of two of `[batch, channels, h, w]`.
    pub fn new(first: Tensor<4>, second: Tensor<4>) -> Self {
        let [batch, channels, height, width] = first.dims();
        let flat = |x: Tensor<4>| x.reshape([batch, channels, height * width]);
        let products = flat(first).swap_dims(1, 2).matmul(flat(second)).div_scalar((channels as f32).sqrt());
        let mut levels = vec![products.reshape([batch * height * width, 1, height, width])];
        for level in 1..LEVELS {
            let finer = levels[level - 1].clone();
            levels.push(halve(finer));
        }
        Self { levels, shape: [batch, height, width] }
    }

    /// What surrounds the places `[batch, 2, h, w]` (pixels of the features, x then y) in the second picture: `[batch, 196, h, w]`.
    pub fn look_up(&self, places: Tensor<4>) -> Tensor<4> {
        let [batch, height, width] = self.shape;
        let pixels = batch * height * width;
        let (device, points) = (places.device(), SIDE * SIDE);
        let axis = |axis: usize| places.clone().narrow(1, axis, 1).reshape([pixels, 1]);
        let (x, y) = (axis(0), axis(1));
        let offsets = |offset: &dyn Fn(usize) -> isize| {
            let values: Vec<f32> = (0..points).map(|i| offset(i) as f32).collect();
            Tensor::<2>::from_data(TensorData::new(values, [1, points]), &device)
        };
        // The slow offset is x's: torchvision adds a grid of (row, column) to places of (x, y).
        let (right, down) = (offsets(&|i| (i / SIDE) as isize - RADIUS), offsets(&|i| (i % SIDE) as isize - RADIUS));
        let seen = self.levels.iter().enumerate().map(|(level, products)| {
            let scale = (1_usize << level) as f32;
            let x = x.clone().div_scalar(scale) + right.clone();
            let y = y.clone().div_scalar(scale) + down.clone();
            look_up(products.clone(), x, y, Outside::Zero).reshape([batch, height, width, points])
        });
        Tensor::cat(seen.collect(), 3).permute([0, 3, 1, 2])
    }
}

/// Means of 2 x 2; an odd last row or column is left out.
fn halve(x: Tensor<4>) -> Tensor<4> {
    let [count, channels, height, width] = x.dims();
    let (height, width) = (height / 2, width / 2);
    let x = x.narrow(2, 0, 2 * height).narrow(3, 0, 2 * width).reshape([count, channels, height, 2, width, 2]);
    x.mean_dim(3).mean_dim(5).reshape([count, channels, height, width])
}
