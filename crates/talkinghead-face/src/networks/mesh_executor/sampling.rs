//! Reading a turned row of a picture: what tracking does most often beside running the network.

use talkinghead_simd::InstructionSet;

/// A row of samples across a picture of RGB bytes.
pub(crate) struct SampledRow<'a> {
    /// `[height, width, 3]`, at least 4x4 pixels.
    pub(crate) picture: &'a [u8],
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// The first sample's place, x and y in pixels.
    pub(crate) start: [f32; 2],
    /// From one sample to the next.
    pub(crate) step: [f32; 2],
    /// Multiplied with the colours.
    pub(crate) scale: f32,
}

impl SampledRow<'_> {
    /// Fills `out`, `[samples, 3]`: bilinear, pixel `k`'s value at coordinate `k`, outside the picture the nearest edge.
    /// The variant for the hot path of tracking; rounds unlike `FaceRegion::sample`, by fused multiply-adds.
    pub(crate) fn read(&self, instructions: InstructionSet, out: &mut [f32]) {
        assert!(self.width >= 4 && self.height >= 4 && self.picture.len() >= self.width * self.height * 3);
        #[cfg(target_arch = "x86_64")]
        if instructions.allows(InstructionSet::Avx2) {
            // SAFETY: the processor has AVX2 and FMA, and the sizes were checked above.
            return unsafe { self.read_avx2(out) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = instructions;
        self.read_plain(0..out.len() / 3, out);
    }

    /// Where sample `i` lies: the offset of the upper left of its four pixels, and the shares of the right and lower ones.
    #[inline(always)]
    fn place(&self, i: usize) -> (usize, f32, f32) {
        // Bilinear reading of a repeated edge is reading at the nearest place inside.
        let x = (self.start[0] + i as f32 * self.step[0]).clamp(0.0, (self.width - 1) as f32);
        let y = (self.start[1] + i as f32 * self.step[1]).clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = ((x as i32).min(self.width as i32 - 2), (y as i32).min(self.height as i32 - 2));
        ((y0 as usize * self.width + x0 as usize) * 3, x - x0 as f32, y - y0 as f32)
    }

    fn read_plain(&self, samples: std::ops::Range<usize>, out: &mut [f32]) {
        for i in samples {
            let (at, fx, fy) = self.place(i);
            let (top, bottom) = (&self.picture[at..at + 6], &self.picture[at + 3 * self.width..at + 3 * self.width + 6]);
            for (k, to) in out[3 * i..3 * i + 3].iter_mut().enumerate() {
                let mix = |row: &[u8]| f32::from(row[k]) + fx * (f32::from(row[k + 3]) - f32::from(row[k]));
                let (upper, lower) = (mix(top), mix(bottom));
                *to = (upper + fy * (lower - upper)) * self.scale;
            }
        }
    }

    /// # Safety
    /// The processor has AVX2 and FMA; sizes as checked in [`SampledRow::read`].
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn read_avx2(&self, out: &mut [f32]) {
        use std::arch::x86_64::{
            __m128, _mm_cvtepi32_ps, _mm_cvtepu8_epi32, _mm_fmadd_ps, _mm_loadl_epi64, _mm_mul_ps, _mm_set1_ps, _mm_srli_si128,
            _mm_storeu_ps, _mm_sub_ps,
        };
        let samples = out.len() / 3;
        let stride = 3 * self.width;
        let scale = _mm_set1_ps(self.scale);
        // Eight bytes are read where six are needed, and four floats written where three are.
        let readable = self.picture.len() - stride - 8;
        let mut first = 0;
        while first < samples {
            // SAFETY: the processor has what it needs.
            let (offsets, fx, fy) = unsafe { self.places_avx2(first) };
            for k in 0..8.min(samples - first) {
                let (i, at) = (first + k, offsets[k] as usize);
                if at > readable || i + 1 == samples {
                    self.read_plain(i..i + 1, out);
                    continue;
                }
                debug_assert!(at + stride + 8 <= self.picture.len() && 3 * i + 4 <= out.len());
                // SAFETY: `at + stride + 8` lies within the picture, and `3 * i + 4` within the output.
                unsafe {
                    let mix = |from: *const u8| -> __m128 {
                        let bytes = _mm_loadl_epi64(from.cast());
                        let left = _mm_cvtepi32_ps(_mm_cvtepu8_epi32(bytes));
                        let right = _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_srli_si128::<3>(bytes)));
                        _mm_fmadd_ps(_mm_set1_ps(fx[k]), _mm_sub_ps(right, left), left)
                    };
                    let upper = mix(self.picture.as_ptr().add(at));
                    let lower = mix(self.picture.as_ptr().add(at + stride));
                    let mixed = _mm_fmadd_ps(_mm_set1_ps(fy[k]), _mm_sub_ps(lower, upper), upper);
                    _mm_storeu_ps(out.as_mut_ptr().add(3 * i), _mm_mul_ps(mixed, scale));
                }
            }
            first += 8;
        }
    }

    /// [`SampledRow::place`] for eight samples.
    ///
    /// # Safety
    /// The processor has AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn places_avx2(&self, first: usize) -> ([i32; 8], [f32; 8], [f32; 8]) {
        use std::arch::x86_64::{
            __m256, __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_cvttps_epi32, _mm256_max_ps,
            _mm256_min_epi32, _mm256_min_ps, _mm256_mul_ps, _mm256_mullo_epi32, _mm256_set1_epi32, _mm256_set1_ps,
            _mm256_setr_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_sub_ps,
        };
        let index = _mm256_add_ps(_mm256_set1_ps(first as f32), _mm256_setr_ps(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0));
        let axis = |k: usize, length: usize| -> (__m256i, __m256) {
            // A product and a sum, not one fused: the plain twin must land on the same pixel.
            let v = _mm256_add_ps(_mm256_set1_ps(self.start[k]), _mm256_mul_ps(index, _mm256_set1_ps(self.step[k])));
            let v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps((length - 1) as f32));
            let low = _mm256_min_epi32(_mm256_cvttps_epi32(v), _mm256_set1_epi32(length as i32 - 2));
            (low, _mm256_sub_ps(v, _mm256_cvtepi32_ps(low)))
        };
        let (x0, fx) = axis(0, self.width);
        let (y0, fy) = axis(1, self.height);
        let pixel = _mm256_add_epi32(_mm256_mullo_epi32(y0, _mm256_set1_epi32(self.width as i32)), x0);
        let at = _mm256_mullo_epi32(pixel, _mm256_set1_epi32(3));
        let (mut offsets, mut shares_x, mut shares_y) = ([0; 8], [0.0; 8], [0.0; 8]);
        // SAFETY: each array holds eight numbers.
        unsafe {
            _mm256_storeu_si256(offsets.as_mut_ptr().cast(), at);
            _mm256_storeu_ps(shares_x.as_mut_ptr(), fx);
            _mm256_storeu_ps(shares_y.as_mut_ptr(), fy);
        }
        (offsets, shares_x, shares_y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_instruction_sets_read_the_same() {
        let picture: Vec<u8> = (0..23 * 17 * 3).map(|i| (i * 37 % 251) as u8).collect();
        for (start, step) in [([-3.0, -2.0], [0.7, 0.4]), ([30.0, 5.5], [-1.3, 0.2]), ([5.0, 40.0], [0.1, -2.0])] {
            let row = SampledRow { picture: &picture, width: 23, height: 17, start, step, scale: 1.0 };
            let (mut a, mut b) = (vec![0.0; 120], vec![0.0; 120]);
            row.read(InstructionSet::Portable, &mut a);
            row.read(InstructionSet::fastest(), &mut b);
            for (i, (a, b)) in a.iter().zip(&b).enumerate() {
                assert!((a - b).abs() < 1e-3);
                // By the definition, pixel by pixel.
                let (x, y) = (start[0] + (i / 3) as f32 * step[0], start[1] + (i / 3) as f32 * step[1]);
                let (x, y) = (x.clamp(0.0, 22.0), y.clamp(0.0, 16.0));
                let value = |x: f32, y: f32| f32::from(picture[(y.min(16.0) as usize * 23 + x.min(22.0) as usize) * 3 + i % 3]);
                let (fx, fy) = (x.fract(), y.fract());
                let wanted = (1.0 - fy) * ((1.0 - fx) * value(x, y) + fx * value(x + 1.0, y))
                    + fy * ((1.0 - fx) * value(x, y + 1.0) + fx * value(x + 1.0, y + 1.0));
                assert!((a - wanted).abs() < 2e-2, "{i}: {a} {wanted}");
            }
        }
    }
}
