//! A picture prepared for sampling at fractional places: sharpened, mirrored at its edges, kept as spline coefficients.

use super::blur::blur_canvas;
use super::canvas::Canvas;
use super::spline::{ACROSS, ACROSS_BITS, DOWN, DOWN_BITS, PHASE_BITS, PHASES, TAPS, prefilter};
use crate::math::{larger, smaller, whole};

/// Binary digits after the point of a coefficient; coefficients of 0..255 stay within 2047.
const VALUE_BITS: u32 = 4;
/// Binary digits after the point of a weighted sum.
const SUM_BITS: u32 = ACROSS_BITS + VALUE_BITS;
/// Mirrored pixels beyond the padding asked for, so that taps at its edge are true.
const EXTRA: usize = TAPS + 2;
/// Largest coefficient: sums of coefficients weighted down must fit 16 bits, roundings included.
const LARGEST: f32 = 32_700.0;

/// A sharpened picture with mirrored surroundings.
#[derive(Clone, Debug)]
pub struct Texture {
    width: usize,
    padding: usize,
    /// Largest coordinates that may be sampled, padding included, in fractions of a pixel.
    limit: [f32; 2],
    /// Red, green, blue and an unused fourth value, in 1/16.
    data: Vec<[i16; 4]>,
}

/// Places that are looked up together.
pub(crate) const RUN: usize = 64;

/// Where the taps of some places begin, and between which pixels the places lie; reused from run to run.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    first: [u32; RUN],
    /// Fraction across, and in the upper half fraction down.
    phases: [u32; RUN],
}

impl Default for Taps {
    fn default() -> Self {
        Self { first: [0; RUN], phases: [0; RUN] }
    }
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
        let fixed = |v: f32| (v * (1 << VALUE_BITS) as f32).round().clamp(-LARGEST, LARGEST) as i16;
        let data = values.as_chunks::<3>().0.iter().map(|c| [fixed(c[0]), fixed(c[1]), fixed(c[2]), 0]).collect();
        let limit = [width, height].map(|v| ((v - TAPS) << PHASE_BITS) as f32);
        Self { width, padding, limit, data }
    }

    /// The interpolated colour at pixel-centre coordinates of the picture; may ring a little beyond 0..255. In whole numbers
    /// throughout, so that every processor gives the same.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let mut taps = Taps::default();
        self.look_up(&[[x, y]], &mut taps);
        let [r, g, b, _] = self.weigh(&taps, 0).map(|v| v as f32 / (1 << SUM_BITS) as f32);
        [r, g, b]
    }

    /// The taps of at most [`RUN`] places; places far outside are drawn to the padding's edge. Without branches, for vectors.
    #[inline(always)]
    pub(crate) fn look_up(&self, places: &[[f32; 2]], taps: &mut Taps) {
        let (padding, width) = (self.padding as f32, self.width as u32);
        for ((place, first), phases) in places.iter().zip(&mut taps.first).zip(&mut taps.phases) {
            let [x, y]: [u32; 2] = std::array::from_fn(|k| {
                let fractions = (place[k] + padding) * PHASES as f32;
                whole(smaller(larger(fractions, PHASES as f32), self.limit[k]))
            });
            *first = ((y >> PHASE_BITS) - 1) * width + (x >> PHASE_BITS) - 1;
            let mask = PHASES as u32 - 1;
            *phases = (x & mask) | ((y & mask) << 16);
        }
    }

    /// The weighted sum of place `i` of a run in 2^-18, one processor's instruction like another's.
    #[inline(always)]
    fn weigh(&self, taps: &Taps, i: usize) -> [i32; 4] {
        let (first, phases) = (taps.first[i] as usize, taps.phases[i] as usize);
        let (across, down) = (&ACROSS[phases % PHASES], &DOWN[(phases >> 16) % PHASES]);
        let mut columns = [[0i32; 4]; TAPS];
        for (row, weights) in down.iter().enumerate() {
            let start = first + row * self.width;
            let Some(line) = self.data.get(start..start + TAPS) else { return [0; 4] };
            for (column, tap) in columns.iter_mut().zip(line) {
                for (sum, value) in column.iter_mut().zip(tap) {
                    *sum += (i32::from(*value) * i32::from(weights[0]) + (1 << (DOWN_BITS - 1))) >> DOWN_BITS;
                }
            }
        }
        std::array::from_fn(|k| {
            let weights = [across[0], across[1], across[8], across[9]];
            columns.iter().zip(weights).map(|(column, weight)| column[k] * i32::from(weight)).sum()
        })
    }

    /// Place `i` of a run rounded to bytes, mixed with `still`: of `share` 256 none of it is left.
    #[inline(always)]
    pub(crate) fn mixed(&self, taps: &Taps, i: usize, still: [u8; 4], share: i32) -> [u8; 4] {
        let sum = self.weigh(taps, i);
        std::array::from_fn(|k| {
            let value = ((sum[k] + (1 << (SUM_BITS - 1))) >> SUM_BITS).clamp(0, 255);
            let still = i32::from(still[k]);
            (still + (((value - still) * share + 128) >> 8)) as u8
        })
    }

    /// As [`Texture::mixed`], in AVX2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    #[inline]
    #[expect(unsafe_code, reason = "reads rows of taps as vectors")]
    pub(crate) fn mixed_avx2(&self, taps: &Taps, i: usize, still: [u8; 4], share: i32) -> [u8; 4] {
        use std::arch::x86_64::*;
        let (first, phases) = (taps.first[i] as usize, taps.phases[i] as usize);
        if first + (TAPS - 1) * self.width + TAPS > self.data.len() {
            return [0; 4];
        }
        let start = self.data.as_ptr().wrapping_add(first).cast::<i16>();
        let step = 4 * self.width;
        let (across, down) = (&ACROSS[phases % PHASES], &DOWN[(phases >> 16) % PHASES]);
        let row = |row: usize| {
            // SAFETY: the four taps of the last row end within the data, as was checked, those of the others come before; weights are
            // sixteen numbers of 16 bits.
            let (line, weights) = unsafe {
                (
                    _mm256_loadu_si256(start.add(row * step).cast::<__m256i>()),
                    _mm256_loadu_si256(down[row].as_ptr().cast::<__m256i>()),
                )
            };
            _mm256_mulhrs_epi16(line, weights)
        };
        let columns = _mm256_add_epi16(_mm256_add_epi16(row(0), row(1)), _mm256_add_epi16(row(2), row(3)));
        // Brings the channels of two neighbouring taps side by side, in both halves.
        let pair = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
        // SAFETY: sixteen numbers of 16 bits.
        let across = unsafe { _mm256_loadu_si256(across.as_ptr().cast::<__m256i>()) };
        let sums = _mm256_madd_epi16(_mm256_shuffle_epi8(columns, pair), across);
        let sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        let value = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << (SUM_BITS - 1))), SUM_BITS as i32);
        let packed = if share == 256 {
            let words = _mm_packs_epi32(value, value);
            _mm_packus_epi16(words, words)
        } else {
            let value = _mm_max_epi32(_mm_min_epi32(value, _mm_set1_epi32(255)), _mm_setzero_si128());
            let still = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(i32::from_le_bytes(still)));
            let moved = _mm_mullo_epi32(_mm_sub_epi32(value, still), _mm_set1_epi32(share));
            let mixed = _mm_add_epi32(still, _mm_srai_epi32(_mm_add_epi32(moved, _mm_set1_epi32(128)), 8));
            let words = _mm_packs_epi32(mixed, mixed);
            _mm_packus_epi16(words, words)
        };
        _mm_cvtsi128_si32(packed).to_le_bytes()
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
        let mut taps = Taps::default();
        for i in 0..4000 {
            let (x, y) = ((i * 17 % 1013) as f32 * 0.047 - 4.0, (i * 29 % 997) as f32 * 0.037 - 4.0);
            texture.look_up(&[[x, y]], &mut taps);
            let (still, share) = ([9, 200, 255, 0], if i % 2 == 0 { 256 } else { i * 7 % 256 });
            // SAFETY: checked above.
            let wide = unsafe { texture.mixed_avx2(&taps, 0, still, share) };
            assert_eq!(texture.mixed(&taps, 0, still, share), wide, "{x} {y} {share}");
        }
    }
}
