//! One channel of a picture as numbers.

use image::RgbImage;

/// `[height, width]` values, 0..255 unless said otherwise, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `[height * width]`.
    pub values: Vec<f32>,
}

impl Plane {
    /// A plane whose value at column `x` and row `y` is `value(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let values = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| value(x, y)).collect();
        Self { width, height, values }
    }

    /// 8-bit luma of BT.601 (0.299, 0.587, 0.114), rounded as Pillow's mode `L` rounds it.
    pub fn luma(picture: &RgbImage) -> Self {
        let grey = |p: &[u8; 3]| (u32::from(p[0]) * 19_595 + u32::from(p[1]) * 38_470 + u32::from(p[2]) * 7_471 + 0x8000) >> 16;
        let values = picture.as_raw().as_chunks::<3>().0.iter().map(|pixel| grey(pixel) as f32).collect();
        Self { width: picture.width() as usize, height: picture.height() as usize, values }
    }

    /// Red, green and blue.
    pub fn channels(picture: &RgbImage) -> [Self; 3] {
        let pixels = picture.as_raw().as_chunks::<3>().0;
        std::array::from_fn(|channel| Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            values: pixels.iter().map(|pixel| f32::from(pixel[channel])).collect(),
        })
    }

    /// The value at column `x` and row `y`, which must lie inside.
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y * self.width + x]
    }

    /// The value at column `x` and row `y`; beyond the edge the picture is mirrored with its edge pixel repeated (`d c b a | a b c d`).
    pub fn mirrored(&self, x: isize, y: isize) -> f32 {
        // Most places lie inside; negative ones are huge as unsigned numbers.
        if (x as usize) < self.width && (y as usize) < self.height {
            return self.at(x as usize, y as usize);
        }
        self.at(mirror(x, self.width), mirror(y, self.height))
    }

    /// The value between pixels, linear in both directions; beyond the edge the nearest pixel's.
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (u, v) = (x - left as f32, y - top as f32);
        let upper = self.at(left, top) * (1.0 - u) + self.at(right, top) * u;
        let lower = self.at(left, bottom) * (1.0 - u) + self.at(right, bottom) * u;
        upper * (1.0 - v) + lower * v
    }

    /// Stretched to another size, linear between pixels and not smoothed: OpenCV's `INTER_LINEAR`, PyTorch's bilinear interpolation without
    /// aligned corners.
    pub fn stretched(&self, width: usize, height: usize) -> Self {
        let (across, down) = (self.width as f32 / width.max(1) as f32, self.height as f32 / height.max(1) as f32);
        let at = |pixel: usize, scale: f32| (pixel as f32 + 0.5) * scale - 0.5;
        Self::from_fn(width, height, |x, y| self.between(at(x, across), at(y, down)))
    }

    /// Means of 2 x 2 pixels; the last row or column of an odd side counts twice.
    pub fn halved(&self) -> Self {
        let row = |y: usize| &self.values[y.min(self.height - 1) * self.width..][..self.width];
        let mut values = Vec::with_capacity(self.width.div_ceil(2) * self.height.div_ceil(2));
        for y in (0..self.height).step_by(2) {
            let (upper, lower) = (row(y), row(y + 1));
            let pairs = upper.chunks(2).zip(lower.chunks(2));
            values.extend(pairs.map(|(upper, lower)| match (upper, lower) {
                ([a, b], [c, d]) => (a + b + c + d) / 4.0,
                _ => (upper[0] + upper[0] + lower[0] + lower[0]) / 4.0,
            }));
        }
        Self { width: self.width.div_ceil(2), height: self.height.div_ceil(2), values }
    }

    /// Weighted sums over a square window, where the whole window lies inside: `[height - n + 1, width - n + 1]` for `n` weights,
    /// which apply across and down.
    pub fn filtered_inside(&self, weights: &[f32]) -> Self {
        let n = weights.len();
        let (width, height) = ((self.width + 1).saturating_sub(n), (self.height + 1).saturating_sub(n));
        let mut across = vec![0.0_f32; width * self.height];
        for (row, out) in self.values.chunks_exact(self.width.max(1)).zip(across.chunks_exact_mut(width.max(1))) {
            for (k, &weight) in weights.iter().enumerate() {
                out.iter_mut().zip(&row[k..]).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        let mut values = vec![0.0_f32; width * height];
        for (y, out) in values.chunks_exact_mut(width.max(1)).enumerate() {
            for (k, &weight) in weights.iter().enumerate() {
                let row = &across[(y + k) * width..(y + k + 1) * width];
                out.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        Self { width, height, values }
    }

    /// The mean of all values; 0 of none.
    pub fn mean(&self) -> f64 {
        self.values.iter().map(|&v| f64::from(v)).sum::<f64>() / self.values.len().max(1) as f64
    }
}

fn mirror(at: isize, length: usize) -> usize {
    let period = 2 * length as isize;
    let at = at.rem_euclid(period);
    (if at < length as isize { at } else { period - 1 - at }) as usize
}

/// `[2 * radius + 1]` weights of a Gaussian, with sum 1.
pub fn gaussian(deviation: f64, radius: usize) -> Vec<f32> {
    let weight = |k: usize| (-0.5 * ((k as f64 - radius as f64) / deviation).powi(2)).exp();
    let sum: f64 = (0..=2 * radius).map(weight).sum();
    (0..=2 * radius).map(|k| (weight(k) / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_mirrored_and_halves_are_means() {
        let plane = Plane::from_fn(3, 2, |x, y| (10 * y + x) as f32);
        assert_eq!(
            [plane.mirrored(-1, 0), plane.mirrored(-2, 0), plane.mirrored(3, 0), plane.mirrored(0, 2)],
            [0.0, 1.0, 2.0, 10.0]
        );
        let half = plane.halved();
        assert_eq!((half.width, half.height, half.values), (2, 1, vec![5.5, 7.0]));
        assert_eq!(plane.between(0.5, 0.5), 5.5);
    }

    #[test]
    fn a_filter_keeps_what_is_constant() {
        let weights = gaussian(1.5, 5);
        let filtered = Plane::from_fn(20, 15, |_, _| 7.0).filtered_inside(&weights);
        assert_eq!((filtered.width, filtered.height), (10, 5));
        assert!(filtered.values.iter().all(|v| (v - 7.0).abs() < 1e-5));
    }
}
