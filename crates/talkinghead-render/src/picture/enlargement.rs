//! Very large pictures: the head is animated at a smaller size and enlarged again where it moved.

use image::RgbImage;
use rayon::prelude::*;

use super::blur::blur_mask;
use super::canvas::{Mask, to_byte};
use super::frame::Frame;
use super::polygon::Region;

/// The way from a smaller working copy back to full size.
#[derive(Clone, Debug)]
pub(crate) struct Enlargement {
    /// The working copy as photographed.
    small: Frame,
    columns: Vec<Taps>,
    rows: Vec<Taps>,
}

/// Four neighbours and their weights (Catmull and Rom's cubic).
#[derive(Clone, Copy, Debug)]
struct Taps {
    at: [usize; 4],
    weights: [f32; 4],
}

impl Enlargement {
    /// For a copy `small` of a region of `width x height` pixels.
    pub fn new(small: Frame, width: usize, height: usize) -> Self {
        let columns = taps(small.width, width);
        let rows = taps(small.height, height);
        Self { small, columns, rows }
    }

    /// Pixels of the region's `picture` that moved are replaced by the enlarged `frame`; all others keep their bytes.
    pub fn paste(&self, picture: &RgbImage, region: Region, frame: &Frame) -> RgbImage {
        let mut out = picture.clone();
        let moved = self.moved(frame);
        let line = 3 * picture.width() as usize;
        let small = frame.width;
        let rows = out.par_chunks_exact_mut(line).skip(region.y).take(region.height);
        rows.zip(&self.rows).for_each_init(
            || (vec![[0.0f32; 3]; small], vec![0.0f32; small]),
            |(colours, weights), (bytes, vertical)| {
                weights.fill(0.0);
                for (&row, w) in vertical.at.iter().zip(vertical.weights) {
                    let mask = &moved.data[row * small..(row + 1) * small];
                    weights.iter_mut().zip(mask).for_each(|(sum, m)| *sum = sum.max(if w > 0.0 { *m } else { 0.0 }));
                }
                if weights.iter().all(|&w| w == 0.0) {
                    return;
                }
                colours.fill([0.0; 3]);
                for (&row, w) in vertical.at.iter().zip(vertical.weights) {
                    let source = &frame.data[row * small..(row + 1) * small];
                    for (sum, colour) in colours.iter_mut().zip(source) {
                        (0..3).for_each(|k| sum[k] += w * f32::from(colour[k]));
                    }
                }
                let bytes = &mut bytes[3 * region.x..3 * (region.x + region.width)];
                for (pixel, horizontal) in bytes.chunks_exact_mut(3).zip(&self.columns) {
                    let alpha = weights[horizontal.at[1]].max(weights[horizontal.at[2]]);
                    if alpha == 0.0 {
                        continue;
                    }
                    let mut colour = [0.0f32; 3];
                    for (&column, w) in horizontal.at.iter().zip(horizontal.weights) {
                        (0..3).for_each(|k| colour[k] += w * colours[column][k]);
                    }
                    for (byte, value) in pixel.iter_mut().zip(colour) {
                        let own = f32::from(*byte);
                        *byte = to_byte(own + alpha * (value - own));
                    }
                }
            },
        );
        out
    }

    /// 1 where a frame differs from the photograph, softly falling to 0 over a few pixels around.
    fn moved(&self, frame: &Frame) -> Mask {
        let (width, height) = (frame.width, frame.height);
        let mut mask = Mask::filled(width, height, 0.0);
        for (out, (a, b)) in mask.data.iter_mut().zip(frame.data.iter().zip(&self.small.data)) {
            *out = f32::from(a != b);
        }
        blur_mask(&mut mask, 2.0);
        for value in &mut mask.data {
            *value = if *value < 0.02 { 0.0 } else { (3.0 * *value).min(1.0) };
        }
        mask
    }
}

fn taps(length: usize, size: usize) -> Vec<Taps> {
    let scale = length as f32 / size as f32;
    (0..size)
        .map(|i| {
            let place = ((i as f32 + 0.5) * scale - 0.5).clamp(0.0, (length - 1) as f32);
            let first = place.floor();
            let t = place - first;
            let (t2, t3) = (t * t, t * t * t);
            let weights = [
                0.5 * (-t3 + 2.0 * t2 - t),
                0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
                0.5 * (-3.0 * t3 + 4.0 * t2 + t),
                0.5 * (t3 - t2),
            ];
            let at = std::array::from_fn(|k| (first as usize + k).saturating_sub(1).min(length - 1));
            Taps { at, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unmoved_copy_changes_no_byte_and_a_moved_spot_changes_only_its_surroundings() {
        let picture = RgbImage::from_fn(90, 60, |x, y| image::Rgb([(x * 7 % 256) as u8, (y * 11 % 256) as u8, 50]));
        let region = Region { x: 6, y: 3, width: 80, height: 50 };
        let small = Frame { width: 40, height: 25, data: vec![[10, 10, 10, 0]; 40 * 25] };
        let enlargement = Enlargement::new(small.clone(), 80, 50);
        assert_eq!(enlargement.paste(&picture, region, &small), picture);
        let mut frame = small;
        for y in 8..14 {
            for x in 18..24 {
                frame.data[y * 40 + x] = [200, 200, 200, 0];
            }
        }
        let pasted = enlargement.paste(&picture, region, &frame);
        assert!(pasted.get_pixel(6 + 42, 3 + 22).0[0] > 180);
        assert_eq!(pasted.get_pixel(10, 8), picture.get_pixel(10, 8));
        assert_eq!(pasted.get_pixel(88, 58), picture.get_pixel(88, 58));
    }
}
