//! A picture prepared for sampling at fractional places: sharpened, mirrored at its edges, kept as spline coefficients.

use super::blur::blur_canvas;
use super::canvas::Canvas;
use super::spline::{PHASES, TAPS, WEIGHT_BITS, WEIGHTS, Weights, prefilter};

/// Binary digits after the point of a coefficient; coefficients of 0..255 stay within 2047.
pub(crate) const VALUE_BITS: u32 = 4;
/// Rounds a sum of weighted coefficients.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);
/// Mirrored pixels beyond the padding asked for, so that taps at its edge are true.
const EXTRA: usize = TAPS + 2;

/// A sharpened picture with mirrored surroundings.
#[derive(Clone, Debug)]
pub struct Texture {
    width: usize,
    padding: usize,
    /// Largest coordinates that may be sampled, padding included.
    limit: [f32; 2],
    /// Red, green, blue and an unused fourth value, in 1/16.
    data: Vec<[i16; 4]>,
}

/// The taps of one place: the first of them, and the weights across and down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taps {
    first: usize,
    across: &'static Weights,
    down: &'static Weights,
}

impl Texture {
    /// Prepares `picture` with `padding` mirrored pixels on every side; `sharpening` is the amount of an unsharp mask
    /// (Gaussian, 0.8 pixels) that makes up for what sampling softens.
    pub fn new(picture: &Canvas, padding: usize, sharpening: f32) -> Self {
        let padding = padding + EXTRA;
        let mut soft = picture.clone();
        blur_canvas(&mut soft, 0.8);
        let (width, height) = (picture.width + 2 * padding, picture.height + 2 * padding);
        let columns: Vec<usize> = (0..width).map(|x| mirror(x as isize - padding as isize, picture.width)).collect();
        let mut values = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            let start = mirror(y as isize - padding as isize, picture.height) * picture.width;
            for column in &columns {
                let (p, s) = (picture.data[start + column], soft.data[start + column]);
                values.extend::<[f32; 3]>(std::array::from_fn(|k| (p[k] + sharpening * (p[k] - s[k])).clamp(0.0, 255.0)));
            }
        }
        prefilter::<3>(&mut values, width);
        let fixed = |v: f32| (v * (1 << VALUE_BITS) as f32).round().clamp(-32767.0, 32767.0) as i16;
        let data = values.as_chunks::<3>().0.iter().map(|c| [fixed(c[0]), fixed(c[1]), fixed(c[2]), 0]).collect();
        let limit = [width, height].map(|v| (v - TAPS) as f32);
        Self { width, padding, limit, data }
    }

    /// The interpolated colour at pixel-centre coordinates of the picture; may ring a little beyond 0..255. In whole numbers
    /// throughout, so that every processor gives the same.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let [r, g, b, _] = self.weigh(self.taps(x, y)).map(|v| v as f32 / (1 << VALUE_BITS) as f32);
        [r, g, b]
    }

    /// The taps of a place; places far outside are drawn to the padding's edge.
    #[inline(always)]
    pub(crate) fn taps(&self, x: f32, y: f32) -> Taps {
        let x = (x + self.padding as f32).clamp(1.0, self.limit[0]);
        let y = (y + self.padding as f32).clamp(1.0, self.limit[1]);
        let (x0, y0) = (x as u32, y as u32);
        let phase = |fraction: f32| ((fraction * PHASES as f32 + 0.5) as u32 as usize).min(PHASES);
        Taps {
            first: (y0 as usize).saturating_sub(1) * self.width + (x0 as usize).saturating_sub(1),
            across: &WEIGHTS[phase(x - x0 as f32)],
            down: &WEIGHTS[phase(y - y0 as f32)],
        }
    }

    /// The weighted sum in 1/16, one processor's instruction like another's.
    #[inline(always)]
    pub(crate) fn weigh(&self, taps: Taps) -> [i32; 4] {
        let (across, down) = (taps.across, taps.down);
        let mut sum = [HALF; 4];
        for row in 0..TAPS {
            let start = taps.first + row * self.width;
            let Some(line) = self.data.get(start..start + TAPS) else { return [0; 4] };
            let weight = i32::from(down[row % 2 + 8 * (row / 2)]);
            for (k, sum) in sum.iter_mut().enumerate() {
                let pairs = i32::from(line[0][k]) * i32::from(across[0])
                    + i32::from(line[1][k]) * i32::from(across[1])
                    + i32::from(line[2][k]) * i32::from(across[8])
                    + i32::from(line[3][k]) * i32::from(across[9]);
                *sum += ((pairs + HALF) >> WEIGHT_BITS) * weight;
            }
        }
        sum.map(|v| v >> WEIGHT_BITS)
    }

    /// As [`Texture::weigh`], rounded to bytes.
    #[inline(always)]
    pub(crate) fn weigh_bytes(&self, taps: Taps) -> [u8; 4] {
        self.weigh(taps).map(|v| ((v + (1 << (VALUE_BITS - 1))) >> VALUE_BITS).clamp(0, 255) as u8)
    }

    /// As [`Texture::weigh_bytes`], in AVX2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "reads rows of taps as vectors")]
    pub(crate) fn weigh_bytes_avx2(&self, taps: Taps) -> [u8; 4] {
        use std::arch::x86_64::*;
        let last = taps.first + (TAPS - 1) * self.width + TAPS;
        if last > self.data.len() {
            return [0; 4];
        }
        let start = self.data.as_ptr().wrapping_add(taps.first).cast::<i16>();
        let step = 4 * self.width;
        // Brings the channels of two neighbouring taps side by side, in both halves.
        let pair = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
        // SAFETY: weights are 16 numbers of 16 bits each.
        let [across, down] =
            [taps.across, taps.down].map(|weights| unsafe { _mm256_loadu_si256(weights.as_ptr().cast::<__m256i>()) });
        let row = |row: usize| {
            // SAFETY: the four taps of the last row end within the data, as was checked; those of the others come before.
            let line = unsafe { _mm256_loadu_si256(start.add(row * step).cast::<__m256i>()) };
            _mm256_madd_epi16(_mm256_shuffle_epi8(line, pair), across)
        };
        let half = _mm256_set1_epi32(HALF);
        // Sums across of two rows, `a` in the lower half and `b` in the upper.
        let joined = |a: __m256i, b: __m256i| {
            let (low, high) = (_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
            _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(low, high), half), WEIGHT_BITS as i32)
        };
        let (even, odd) = (joined(row(0), row(2)), joined(row(1), row(3)));
        let pairs = _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xAA);
        let sum = _mm256_madd_epi16(pairs, down);
        let sum = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        let value = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(HALF)), WEIGHT_BITS as i32);
        let value = _mm_srai_epi32(_mm_add_epi32(value, _mm_set1_epi32(1 << (VALUE_BITS - 1))), VALUE_BITS as i32);
        let words = _mm_packs_epi32(value, value);
        _mm_cvtsi128_si32(_mm_packus_epi16(words, words)).to_le_bytes()
    }
}

/// Reflects an index at the edges (without repeating the edge pixel twice in a row more than once).
fn mirror(i: isize, length: usize) -> usize {
    let n = length as isize;
    let period = 2 * n;
    let j = i.rem_euclid(period);
    (if j < n { j } else { period - 1 - j }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Canvas {
        let mut canvas = Canvas::filled(40, 30, [0.0; 3]);
        for y in 0..30 {
            for x in 0..40 {
                *canvas.at_mut(x, y) = [3.0 * x as f32, 5.0 * y as f32, 80.0];
            }
        }
        canvas
    }

    #[test]
    fn whole_places_give_the_pixels_back() {
        let mut canvas = ramp();
        canvas.data.iter_mut().enumerate().for_each(|(i, c)| c[2] = ((i * 7919) % 256) as f32);
        let texture = Texture::new(&canvas, 4, 0.0);
        for (x, y) in [(0usize, 0usize), (17, 9), (39, 29), (5, 28)] {
            let got = texture.sample(x as f32, y as f32);
            assert!((0..3).all(|k| (got[k] - canvas.at(x, y)[k]).abs() < 0.15), "{got:?} {:?}", canvas.at(x, y));
        }
    }

    #[test]
    fn a_ramp_is_followed_between_pixels() {
        let texture = Texture::new(&ramp(), 4, 0.0);
        let got = texture.sample(17.3, 9.75);
        assert!((got[0] - 51.9).abs() < 0.15 && (got[1] - 48.75).abs() < 0.15 && (got[2] - 80.0).abs() < 0.1, "{got:?}");
    }

    #[test]
    fn far_outside_is_safe() {
        let texture = Texture::new(&ramp(), 4, 0.2);
        for (x, y) in [(-1e9, 5.0), (1e9, -1e9), (f32::NAN, 3.0)] {
            assert!(texture.sample(x, y).iter().all(|v| v.is_finite()));
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    #[allow(unsafe_code)]
    fn vectors_equal_plain_arithmetic() {
        if !is_x86_feature_detected!("avx2") {
            return;
        }
        let mut canvas = ramp();
        canvas
            .data
            .iter_mut()
            .enumerate()
            .for_each(|(i, c)| *c = [((i * 37) % 256) as f32, if i % 2 == 0 { 0.0 } else { 255.0 }, 9.0]);
        let texture = Texture::new(&canvas, 4, 0.4);
        for i in 0..4000 {
            let (x, y) = ((i * 17 % 1013) as f32 * 0.047 - 4.0, (i * 29 % 997) as f32 * 0.037 - 4.0);
            let taps = texture.taps(x, y);
            // SAFETY: checked above.
            assert_eq!(texture.weigh_bytes(taps), unsafe { texture.weigh_bytes_avx2(taps) }, "{x} {y}");
        }
    }
}
