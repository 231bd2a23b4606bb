//! Frames as video encoders take them: luma and, at a quarter of its resolution, chroma.

use image::RgbImage;

/// Binary digits after the point of the conversion's factors.
const BITS: u32 = 16;
const LUMA: [i32; 3] = [fixed(0.2126 * 219.0 / 255.0), fixed(0.7152 * 219.0 / 255.0), fixed(0.0722 * 219.0 / 255.0)];
const BLUE: [i32; 3] = chroma([-0.2126, -0.7152, 1.0 - 0.0722], 1.8556);
const RED: [i32; 3] = chroma([1.0 - 0.2126, -0.7152, -0.0722], 1.5748);
/// A chroma sample is the sum of this many pixels, by weight: 1, 2, 1 across and 1, 1 down.
const WEIGHT_BITS: u32 = 3;

const fn fixed(value: f64) -> i32 {
    let scaled = value * (1 << BITS) as f64;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

const fn chroma(factors: [f64; 3], range: f64) -> [i32; 3] {
    let scale = 224.0 / 255.0 / range;
    [fixed(factors[0] * scale), fixed(factors[1] * scale), fixed(factors[2] * scale)]
}

/// A frame in BT.709's limited range, 4:2:0: `[height, width]` luma, then blue and red chroma of half the width and height,
/// each sample level with the left one of its four pixels, as H.264 and VP9 have it. An odd side grows by one pixel, the last
/// column or row repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanarFrame {
    size: (u32, u32),
    data: Vec<u8>,
}

impl PlanarFrame {
    /// Converts a picture. In whole numbers: the same bytes on every machine.
    pub fn from_rgb(picture: &RgbImage) -> Self {
        let size = picture.dimensions();
        let [width, height] = [size.0, size.1].map(|side| side.next_multiple_of(2) as usize);
        let mut data = vec![0; width * height * 3 / 2];
        if width == 0 || height == 0 {
            return Self { size, data };
        }
        let (luma, chroma) = data.split_at_mut(width * height);
        let (blue, red) = chroma.split_at_mut(width * height / 4);
        let line = 3 * size.0 as usize;
        let row = |y: usize| {
            let start = y.min(size.1 as usize - 1) * line;
            picture.as_raw()[start..start + line].as_chunks::<3>().0
        };
        let mut sums = vec![[0i32; 3]; width + 1];
        let planes = luma.chunks_exact_mut(2 * width).zip(blue.chunks_exact_mut(width / 2)).zip(red.chunks_exact_mut(width / 2));
        for (pair, ((luma, blue), red)) in planes.enumerate() {
            let (upper, lower) = (row(2 * pair), row(2 * pair + 1));
            for (out, pixels) in luma.chunks_exact_mut(width).zip([upper, lower]) {
                write_luma(pixels, out);
            }
            // One place further right, so that the first column has a left neighbour: itself.
            for ((sum, a), b) in sums[1..].iter_mut().zip(upper).zip(lower) {
                *sum = std::array::from_fn(|k| i32::from(a[k]) + i32::from(b[k]));
            }
            sums[0] = sums[1];
            if !size.0.is_multiple_of(2) {
                sums[width] = sums[width - 1];
            }
            for ((blue, red), columns) in blue.iter_mut().zip(red).zip(sums.windows(3).step_by(2)) {
                let colour: [i32; 3] = std::array::from_fn(|k| columns[0][k] + 2 * columns[1][k] + columns[2][k]);
                *blue = level(colour, BLUE, WEIGHT_BITS, 128);
                *red = level(colour, RED, WEIGHT_BITS, 128);
            }
        }
        Self { size, data }
    }

    /// Width and height of the picture that it was made of, pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The three planes, one after the other.
    pub fn as_bytes(&self) -> &[u8] {
        &self.data
    }
}

fn write_luma(pixels: &[[u8; 3]], out: &mut [u8]) {
    for (out, pixel) in out.iter_mut().zip(pixels) {
        *out = level(pixel.map(i32::from), LUMA, 0, 16);
    }
    if let [.., last, grown] = out
        && pixels.len() % 2 == 1
    {
        *grown = *last;
    }
}

/// A weighted sum of a colour's channels over an offset. The factors leave no room for values beyond a byte.
#[inline(always)]
fn level(colour: [i32; 3], factors: [i32; 3], weight_bits: u32, offset: i32) -> u8 {
    let bits = BITS + weight_bits;
    let sum = colour[0] * factors[0] + colour[1] * factors[1] + colour[2] * factors[2];
    (((sum + (1 << (bits - 1))) >> bits) + offset) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in f64.
    fn exact([r, g, b]: [f64; 3]) -> [f64; 3] {
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        [16.0 + 219.0 / 255.0 * y, 128.0 + 224.0 / 255.0 * (b - y) / 1.8556, 128.0 + 224.0 / 255.0 * (r - y) / 1.5748]
    }

    #[test]
    fn every_corner_of_the_colours_is_met() {
        for index in 0..512u32 {
            let colour = [index / 64, index / 8 % 8, index % 8].map(|v| (v * 255 / 7) as u8);
            let frame = PlanarFrame::from_rgb(&RgbImage::from_pixel(2, 2, image::Rgb(colour)));
            let wanted = exact(colour.map(f64::from));
            for (got, want) in [0, 4, 5].map(|i| frame.as_bytes()[i]).into_iter().zip(wanted) {
                assert!((f64::from(got) - want).abs() <= 0.51, "{colour:?}: {got} for {want}");
            }
        }
    }

    #[test]
    fn chroma_lies_level_with_the_left_column_and_odd_sides_grow() {
        let pixel = |x: u32, y: u32| [(x * 23 % 256) as u8, (y * 41 % 256) as u8, ((x * y * 7) % 256) as u8];
        for (width, height) in [(8, 6), (7, 5), (1, 1)] {
            let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb(pixel(x, y)));
            let frame = PlanarFrame::from_rgb(&picture);
            let (w, h) = (width.next_multiple_of(2), height.next_multiple_of(2));
            assert_eq!((frame.size(), frame.as_bytes().len()), ((width, height), (w * h * 3 / 2) as usize));
            let at = |x: i64, y: i64| {
                let (x, y) = (x.clamp(0, i64::from(width) - 1) as u32, y.clamp(0, i64::from(height) - 1) as u32);
                pixel(x, y).map(f64::from)
            };
            for y in 0..i64::from(h) {
                for x in 0..i64::from(w) {
                    let got = f64::from(frame.as_bytes()[(y * i64::from(w) + x) as usize]);
                    assert!((got - exact(at(x, y))[0]).abs() <= 0.51);
                }
            }
            for y in 0..i64::from(h / 2) {
                for x in 0..i64::from(w / 2) {
                    let mut mean = [0.0; 3];
                    for (dx, weight) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
                        for dy in 0..2 {
                            let colour = at(2 * x + dx, 2 * y + dy);
                            (0..3).for_each(|k| mean[k] += weight * colour[k] / 8.0);
                        }
                    }
                    let index = (w * h) as usize + (y * i64::from(w / 2) + x) as usize;
                    let got = [index, index + (w * h / 4) as usize].map(|i| f64::from(frame.as_bytes()[i]));
                    let wanted = exact(mean);
                    assert!((got[0] - wanted[1]).abs() <= 0.51 && (got[1] - wanted[2]).abs() <= 0.51, "{got:?} {wanted:?}");
                }
            }
        }
    }
}
