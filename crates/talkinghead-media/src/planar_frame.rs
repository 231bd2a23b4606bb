//! Frames as video encoders take them: luma and, at a quarter of its resolution, chroma.

use image::RgbImage;
#[cfg(target_arch = "x86_64")]
use talkinghead_simd::InstructionSet;

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
        convert(picture, [width, height], &mut data);
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

/// Chooses the variant for this processor; all of them give the same bytes.
fn convert(picture: &RgbImage, grown: [usize; 2], data: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if InstructionSet::chosen_or_fastest().allows(InstructionSet::Avx2) {
        // SAFETY: the processor has AVX2, the only thing the variant needs.
        #[expect(unsafe_code, reason = "calls the variant for wider registers")]
        unsafe {
            return convert_avx2(picture, grown, data);
        }
    }
    convert_with(picture, grown, data);
}

/// The same in wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn convert_avx2(picture: &RgbImage, grown: [usize; 2], data: &mut [u8]) {
    convert_with(picture, grown, data);
}

#[inline(always)]
fn convert_with(picture: &RgbImage, [width, height]: [usize; 2], data: &mut [u8]) {
    let (luma, chroma) = data.split_at_mut(width * height);
    let (blue, red) = chroma.split_at_mut(width * height / 4);
    let own = picture.width() as usize;
    let row = |y: usize| {
        let start = y.min(picture.height() as usize - 1) * 3 * own;
        picture.as_raw()[start..start + 3 * own].as_chunks::<3>().0
    };
    // The channels of two rows by themselves, and their sums: one place further right, so that the first column has a left neighbour.
    let mut channels = [[(); 3]; 2].map(|row| row.map(|()| vec![0i16; width]));
    let mut sums = [(); 3].map(|()| vec![0i16; width + 2]);
    let planes = luma.chunks_exact_mut(2 * width).zip(blue.chunks_exact_mut(width / 2)).zip(red.chunks_exact_mut(width / 2));
    for (pair, ((luma, blue), red)) in planes.enumerate() {
        for ((out, channels), y) in luma.chunks_exact_mut(width).zip(&mut channels).zip([2 * pair, 2 * pair + 1]) {
            separate(row(y), channels);
            write_luma(channels, out);
        }
        let [upper, lower] = &channels;
        for ((sum, upper), lower) in sums.iter_mut().zip(upper).zip(lower) {
            for ((sum, a), b) in sum[1..].iter_mut().zip(upper).zip(lower) {
                *sum = a + b;
            }
            sum[0] = sum[1];
        }
        write_chroma(&sums, blue, red);
    }
}

/// Takes the channels of a row apart; an odd row's last pixel is repeated.
#[inline(always)]
fn separate(pixels: &[[u8; 3]], [red, green, blue]: &mut [Vec<i16>; 3]) {
    for (((pixel, red), green), blue) in pixels.iter().zip(red.iter_mut()).zip(green.iter_mut()).zip(blue.iter_mut()) {
        (*red, *green, *blue) = (i16::from(pixel[0]), i16::from(pixel[1]), i16::from(pixel[2]));
    }
    let (own, grown) = (pixels.len(), red.len());
    if own < grown {
        [red, green, blue].into_iter().for_each(|channel| channel[own] = channel[own - 1]);
    }
}

#[inline(always)]
fn write_luma([red, green, blue]: &[Vec<i16>; 3], out: &mut [u8]) {
    for (((out, red), green), blue) in out.iter_mut().zip(red).zip(green).zip(blue) {
        *out = level([*red, *green, *blue].map(i32::from), LUMA, 0, 16);
    }
}

#[inline(always)]
fn write_chroma(sums: &[Vec<i16>; 3], blue: &mut [u8], red: &mut [u8]) {
    let count = blue.len();
    // Left neighbours and middles in turn.
    let [pairs, rights] = [0, 2].map(|first| sums.each_ref().map(|sum| &sum[first..].as_chunks::<2>().0[..count]));
    for (i, (blue, red)) in blue.iter_mut().zip(red).enumerate() {
        let colour: [i32; 3] = std::array::from_fn(|k| {
            let [left, middle] = pairs[k][i];
            i32::from(left + 2 * middle + rights[k][i][0])
        });
        *blue = level(colour, BLUE, WEIGHT_BITS, 128);
        *red = level(colour, RED, WEIGHT_BITS, 128);
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

    /// Pixel by pixel, in the same whole numbers.
    fn plainly(picture: &RgbImage) -> Vec<u8> {
        let (width, height) = picture.dimensions();
        let (w, h) = (i64::from(width.next_multiple_of(2)), i64::from(height.next_multiple_of(2)));
        let at = |x: i64, y: i64| {
            let (x, y) = (x.clamp(0, i64::from(width) - 1) as u32, y.clamp(0, i64::from(height) - 1) as u32);
            picture.get_pixel(x, y).0.map(i32::from)
        };
        let mut planes: Vec<u8> = (0..w * h).map(|i| level(at(i % w, i / w), LUMA, 0, 16)).collect();
        for factors in [BLUE, RED] {
            for i in 0..w * h / 4 {
                let (x, y) = (2 * (i % (w / 2)), 2 * (i / (w / 2)));
                let mut sum = [0; 3];
                for (dx, weight) in [(-1, 1), (0, 2), (1, 1)] {
                    for dy in 0..2 {
                        let colour = at(x + dx, y + dy);
                        (0..3).for_each(|k| sum[k] += weight * colour[k]);
                    }
                }
                planes.push(level(sum, factors, WEIGHT_BITS, 128));
            }
        }
        planes
    }

    #[test]
    fn wide_registers_give_the_bytes_of_plain_arithmetic() {
        for (width, height) in [(320, 20), (322, 6), (64, 4), (66, 2), (131, 3), (18, 2)] {
            let picture = RgbImage::from_fn(width, height, |x, y| {
                let noise = |k: u32| (x.wrapping_mul(2_654_435_761).wrapping_add(y * 40_503 + k * 977) >> 7) as u8;
                image::Rgb([noise(1), noise(2), noise(3)])
            });
            assert!(PlanarFrame::from_rgb(&picture).as_bytes() == plainly(&picture), "{width} x {height}");
        }
    }
}
