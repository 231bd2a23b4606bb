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
        let size = [small.width() as usize, small.height() as usize];
        let width = size[0];
        let guide: &[u8] = small;
        // Mask, colours, mask times colours, products of colours.
        let moments = |y: usize, row: &mut [[f32; 13]]| {
            let colours = guide[3 * y * width..3 * (y + 1) * width].as_chunks::<3>().0;
            for ((moment, colour), &p) in row.iter_mut().zip(colours).zip(&mask[y * width..(y + 1) * width]) {
                let [r, g, b] = colour.map(|c| f32::from(c) / 255.0);
                *moment = [p, r, g, b, p * r, p * g, p * b, r * r, r * g, r * b, g * g, g * b, b * b];
            }
        };
        let model = |m: [f32; 13]| {
            let colour = Vector3::new(m[1], m[2], m[3]);
            let covariance = Vector3::new(m[4], m[5], m[6]) - m[0] * colour;
            let spread = Matrix3::new(m[7], m[8], m[9], m[8], m[10], m[11], m[9], m[11], m[12]) - colour * colour.transpose()
                + Matrix3::identity() * self.softness;
            let a = spread.cholesky().map_or_else(Vector3::zeros, |c| c.solve(&covariance));
            [a.x, a.y, a.z, m[0] - a.dot(&colour)]
        };
        let models = box_means(size, self.radius, moments, model);
        let rows = |y: usize, row: &mut [[f32; 4]]| row.copy_from_slice(&models[y * width..(y + 1) * width]);
        box_means(size, self.radius, rows, |mean| mean)
    }
}

/// Rows that one task averages; it looks at `radius` more on either side.
const BAND: usize = 64;

/// The mean over the square window of each pixel (cut at the borders), each put through `finish`. `row_of` writes the values
/// of a row; only a few rows of them and of their means are there at any time.
fn box_means<const N: usize, const M: usize>(
    [width, height]: [usize; 2],
    radius: usize,
    row_of: impl Fn(usize, &mut [[f32; N]]) + Sync,
    finish: impl Fn([f32; N]) -> [f32; M] + Sync,
) -> Vec<[f32; M]> {
    let mut out = vec![[0.0; M]; width * height];
    out.par_chunks_mut(width * BAND).enumerate().for_each(|(band, out)| {
        let first = band * BAND;
        let rows = first.saturating_sub(radius)..(first + out.len() / width + radius).min(height);
        let kept = 2 * radius + 1;
        let mut values = vec![[0.0; N]; width];
        // The last rows' means along x, and their sums along y.
        let mut means = vec![[0.0; N]; width * kept];
        let mut sums = vec![[0.0_f64; N]; width];
        let mut oldest = rows.start;
        for y in first..first + out.len() / width {
            let window = y.saturating_sub(radius)..(y + radius + 1).min(rows.end);
            while oldest < window.start {
                let leaving = &means[width * (oldest % kept)..][..width];
                sums.iter_mut().zip(leaving).for_each(|(sum, value)| change(sum, value, |a, b| a - b));
                oldest += 1;
            }
            let entered = if y == first { rows.start } else { (y + radius).min(rows.end) };
            for entering in entered..window.end {
                row_of(entering, &mut values);
                let row = &mut means[width * (entering % kept)..][..width];
                line_means(&values, radius, row);
                sums.iter_mut().zip(row).for_each(|(sum, value)| change(sum, value, |a, b| a + b));
            }
            let count = window.len() as f64;
            let row = &mut out[width * (y - first)..][..width];
            row.iter_mut().zip(&sums).for_each(|(value, sum)| *value = finish(sum.map(|s| (s / count) as f32)));
        }
    });
    out
}

/// The mean over each value's neighbours in a line.
fn line_means<const N: usize>(values: &[[f32; N]], radius: usize, out: &mut [[f32; N]]) {
    // f64: a running sum in f32 would leave a trace of everything that passed through the window.
    let mut sum = [0.0_f64; N];
    let mut count = 0.0;
    for i in 0..(values.len() + radius) {
        if let Some(entering) = values.get(i) {
            change(&mut sum, entering, |a, b| a + b);
            count += 1.0;
        }
        if let Some(leaving) = i.checked_sub(2 * radius + 1) {
            change(&mut sum, &values[leaving], |a, b| a - b);
            count -= 1.0;
        }
        if let Some(at) = i.checked_sub(radius) {
            out[at] = sum.map(|s| (s / count) as f32);
        }
    }
}

fn change<const N: usize>(sum: &mut [f64; N], value: &[f32; N], how: impl Fn(f64, f64) -> f64) {
    sum.iter_mut().zip(value).for_each(|(sum, &value)| *sum = how(*sum, f64::from(value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_window_in_every_band() {
        for (size, radius) in [([4, 3], 1), ([5, 2], 4), ([3, 2 * BAND + 7], 3), ([40, BAND], 2)] {
            let value = |x: usize, y: usize| ((7 * x + 13 * y) % 17) as f32;
            let row_of = |y: usize, row: &mut [[f32; 1]]| (0..row.len()).for_each(|x| row[x] = [value(x, y)]);
            let means = box_means(size, radius, row_of, |mean| mean);
            for (i, mean) in means.iter().enumerate() {
                let around = |at: usize, most: usize| at.saturating_sub(radius)..(at + radius + 1).min(most);
                let (columns, rows) = (around(i % size[0], size[0]), around(i / size[0], size[1]));
                let sum: f32 = rows.clone().flat_map(|y| columns.clone().map(move |x| value(x, y))).sum();
                let wanted = sum / (rows.len() * columns.len()) as f32;
                assert!((mean[0] - wanted).abs() < 1e-5, "{size:?} {i}: {} for {wanted}", mean[0]);
            }
        }
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
