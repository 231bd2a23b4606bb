//! Scaling a small mask up so that its edge follows the picture (He and Sun, "Fast Guided Filter", 2015, with the colour
//! picture as the guide).

use image::RgbImage;
use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

/// Radius and softness of the filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuidedFilter {
    /// Half the window's side, in pixels of the small mask.
    pub(crate) radius: usize,
    /// Colour differences (squared, colours 0..1) below this are smoothed over.
    pub(crate) softness: f32,
}

impl GuidedFilter {
    pub(crate) const PERSON: Self = Self { radius: 3, softness: 4e-4 };
    pub(crate) const HAIR: Self = Self { radius: 4, softness: 4e-4 };

    /// `mask` belongs to `small` (its size, row by row); the answer belongs to `picture`, clamped to 0..1.
    pub(crate) fn scale_up(&self, small: &RgbImage, mask: &[f32], picture: &RgbImage) -> Vec<f32> {
        let (width, height) = (small.width() as usize, small.height() as usize);
        let coefficients = self.coefficients(small, mask);
        let (out_width, out_height) = (picture.width() as usize, picture.height() as usize);
        let scale_x = width as f32 / out_width as f32;
        let scale_y = height as f32 / out_height as f32;
        let taps = |index: usize, scale: f32, most: usize| {
            let v = ((index as f32 + 0.5) * scale - 0.5).clamp(0.0, (most - 1) as f32);
            let low = v as usize;
            (low, (low + 1).min(most - 1), v - low as f32)
        };
        let mut out = vec![0.0; out_width * out_height];
        out.par_chunks_mut(out_width).enumerate().for_each(|(y, row)| {
            let (y0, y1, fy) = taps(y, scale_y, height);
            for (x, value) in row.iter_mut().enumerate() {
                let (x0, x1, fx) = taps(x, scale_x, width);
                let pixel = picture.get_pixel(x as u32, y as u32).0.map(|c| f32::from(c) / 255.0);
                let mixed = |k: usize| {
                    let at = |x: usize, y: usize| coefficients[y * width + x][k];
                    let top = at(x0, y0) + fx * (at(x1, y0) - at(x0, y0));
                    let bottom = at(x0, y1) + fx * (at(x1, y1) - at(x0, y1));
                    top + fy * (bottom - top)
                };
                *value = (mixed(0) * pixel[0] + mixed(1) * pixel[1] + mixed(2) * pixel[2] + mixed(3)).clamp(0.0, 1.0);
            }
        });
        out
    }

    /// For each pixel the linear model `a . colour + b` of the mask, averaged over the windows that hold the pixel.
    fn coefficients(&self, small: &RgbImage, mask: &[f32]) -> Vec<[f32; 4]> {
        let (width, height) = (small.width() as usize, small.height() as usize);
        // Mask, colours, mask times colours, products of colours.
        let moments: Vec<[f32; 13]> = small
            .pixels()
            .zip(mask)
            .map(|(pixel, &p)| {
                let [r, g, b] = pixel.0.map(|c| f32::from(c) / 255.0);
                [p, r, g, b, p * r, p * g, p * b, r * r, r * g, r * b, g * g, g * b, b * b]
            })
            .collect();
        let means = box_mean(&moments, width, height, self.radius);
        let models: Vec<[f32; 4]> = means
            .par_iter()
            .map(|m| {
                let colour = Vector3::new(m[1], m[2], m[3]);
                let covariance = Vector3::new(m[4], m[5], m[6]) - m[0] * colour;
                let spread = Matrix3::new(m[7], m[8], m[9], m[8], m[10], m[11], m[9], m[11], m[12]) - colour * colour.transpose()
                    + Matrix3::identity() * self.softness;
                let a = spread.cholesky().map_or_else(Vector3::zeros, |c| c.solve(&covariance));
                [a.x, a.y, a.z, m[0] - a.dot(&colour)]
            })
            .collect();
        box_mean(&models, width, height, self.radius)
    }
}

/// The mean over the square window of each pixel, cut at the borders.
fn box_mean<const N: usize>(values: &[[f32; N]], width: usize, height: usize, radius: usize) -> Vec<[f32; N]> {
    let line_mean = |get: &dyn Fn(usize) -> [f32; N], length: usize, put: &mut dyn FnMut(usize, [f32; N])| {
        // f64: a running sum in f32 would leave a trace of everything that passed through the window.
        let mut sum = [0.0_f64; N];
        let mut count = 0.0;
        for i in 0..(length + radius) {
            if i < length {
                let entering = get(i);
                (0..N).for_each(|k| sum[k] += f64::from(entering[k]));
                count += 1.0;
            }
            if i > 2 * radius {
                let leaving = get(i - 2 * radius - 1);
                (0..N).for_each(|k| sum[k] -= f64::from(leaving[k]));
                count -= 1.0;
            }
            if i >= radius {
                put(i - radius, std::array::from_fn(|k| (sum[k] / count) as f32));
            }
        }
    };
    let mut rows = vec![[0.0; N]; width * height];
    rows.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        line_mean(&|x| values[y * width + x], width, &mut |x, mean| row[x] = mean);
    });
    let mut columns = vec![[0.0; N]; width * height];
    columns.par_chunks_mut(height).enumerate().for_each(|(x, column)| {
        line_mean(&|y| rows[y * width + x], height, &mut |y, mean| column[y] = mean);
    });
    let mut out = vec![[0.0; N]; width * height];
    out.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        row.iter_mut().enumerate().for_each(|(x, value)| *value = columns[x * height + y]);
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_cut_at_the_border() {
        let values: Vec<[f32; 1]> = (0..12).map(|i| [i as f32]).collect();
        let means = box_mean(&values, 4, 3, 1);
        assert_eq!(means[0][0], (0.0 + 1.0 + 4.0 + 5.0) / 4.0);
        assert_eq!(means[5][0], (0.0 + 1.0 + 2.0 + 4.0 + 5.0 + 6.0 + 8.0 + 9.0 + 10.0) / 9.0);
        assert_eq!(means[11][0], (6.0 + 7.0 + 10.0 + 11.0) / 4.0);
    }

    #[test]
    fn the_edge_moves_to_the_pictures_edge() {
        // A bright disc; the mask is blurred and two pixels too wide.
        let disc = |x: u32, y: u32, radius: f32, side: f32| {
            let (dx, dy) = (x as f32 - side / 2.0, y as f32 - side / 2.0);
            radius - (dx * dx + dy * dy).sqrt()
        };
        let picture = RgbImage::from_fn(256, 256, |x, y| image::Rgb([if disc(x, y, 80.0, 256.0) > 0.0 { 200 } else { 30 }; 3]));
        let small = image::imageops::resize(&picture, 64, 64, image::imageops::FilterType::Triangle);
        let mask: Vec<f32> = (0..64 * 64).map(|i| (0.5 + disc(i % 64, i / 64, 21.0, 64.0) / 4.0).clamp(0.0, 1.0)).collect();
        let matte = GuidedFilter { radius: 3, softness: 4e-4 }.scale_up(&small, &mask, &picture);
        let row = &matte[128 * 256..129 * 256];
        assert!(row[128 + 60] > 0.9 && row[128 + 100] < 0.1, "{} {}", row[188], row[228]);
        // Over the edge's four pixels the mask alone falls by a quarter.
        let fall = row[128 + 77] - row[128 + 81];
        assert!(fall > 0.4, "{fall}");
    }
}
