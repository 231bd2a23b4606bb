//! 512-bit vectors.

use std::arch::x86_64::*;

use super::tile::{self, Start, Strided};
use super::{Job, Simd};

/// AVX-512 F.
#[derive(Debug, Clone, Copy)]
pub struct Avx512;

/// Compiles a job with AVX-512.
///
/// # Safety
/// The processor has AVX-512 F, AVX2 and FMA.
#[target_feature(enable = "avx512f,avx2,fma")]
pub unsafe fn enter<J: Job>(job: J) -> J::Output {
    // SAFETY: the caller's.
    unsafe { job.run::<Avx512>() }
}

/// Of 32 numbers, every second, from the first and from the second on.
const EVEN: [i32; 16] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30];
const ODD: [i32; 16] = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31];
/// Of two vectors, in turn a number of each: the lower and the upper halves.
const LOW: [i32; 16] = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
const HIGH: [i32; 16] = [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31];

/// Picks from the 32 numbers of two vectors.
#[inline(always)]
unsafe fn pick(a: __m512, b: __m512, index: [i32; 16]) -> __m512 {
    // SAFETY: the caller has AVX-512; `index` has the size of a vector.
    unsafe { _mm512_permutex2var_ps(a, _mm512_loadu_si512(index.as_ptr().cast()), b) }
}

impl Simd for Avx512 {
    type Vector = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 8;

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        // SAFETY: the caller has AVX-512 F and vouches for 16 numbers to read.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m512) {
        // SAFETY: the caller has AVX-512 F and vouches for 16 numbers to write.
        unsafe { _mm512_storeu_ps(to, value) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn fnma(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn leaky_relu(x: __m512, slope: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, _mm512_setzero_ps());
            _mm512_mask_blend_ps(positive, _mm512_mul_ps(x, slope), x)
        }
    }

    #[inline(always)]
    unsafe fn where_positive(x: __m512, yes: __m512, no: __m512) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, _mm512_setzero_ps()), no, yes) }
    }

    #[inline(always)]
    unsafe fn even(x: [__m512; 2]) -> __m512 {
        // SAFETY: the caller has AVX-512 F.
        unsafe { pick(x[0], x[1], EVEN) }
    }

    #[inline(always)]
    unsafe fn deinterleave4(x: [__m512; 4]) -> [__m512; 4] {
        // SAFETY: the caller has AVX-512 F.
        unsafe {
            // Even and odd numbers of each pair, then again.
            let (e0, o0) = (pick(x[0], x[1], EVEN), pick(x[0], x[1], ODD));
            let (e1, o1) = (pick(x[2], x[3], EVEN), pick(x[2], x[3], ODD));
            [pick(e0, e1, EVEN), pick(o0, o1, EVEN), pick(e0, e1, ODD), pick(o0, o1, ODD)]
        }
    }

    #[inline(always)]
    unsafe fn interleave4(x: [__m512; 4]) -> [__m512; 4] {
        // SAFETY: the caller has AVX-512 F.
        unsafe {
            // 0 and 2 make the even numbers, 1 and 3 the odd ones.
            let (even_low, even_high) = (pick(x[0], x[2], LOW), pick(x[0], x[2], HIGH));
            let (odd_low, odd_high) = (pick(x[1], x[3], LOW), pick(x[1], x[3], HIGH));
            [
                pick(even_low, odd_low, LOW),
                pick(even_low, odd_low, HIGH),
                pick(even_high, odd_high, LOW),
                pick(even_high, odd_high, HIGH),
            ]
        }
    }

    #[inline(always)]
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
        // SAFETY: the caller has AVX-512 F and vouches for the operands, as the trait demands.
        unsafe { tile::tile::<Self, 8>(depth, a, b, c, ld, start) }
    }

    #[inline(always)]
    unsafe fn tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
        // SAFETY: the caller has AVX-512 F and vouches for the operands, as the trait demands.
        unsafe { tile::tile_strided::<Self, 8>(arguments, c, ld) }
    }
}

#[cfg(test)]
mod tests {
    use super::{EVEN, HIGH, LOW, ODD};

    type Vector = [i32; 16];

    /// What `pick` does, number by number, for processors that lack it.
    fn pick(a: Vector, b: Vector, index: Vector) -> Vector {
        index.map(|place| if place < 16 { a[place as usize] } else { b[place as usize - 16] })
    }

    /// The same steps as `deinterleave4` and `interleave4` above.
    #[test]
    fn shuffles_sort_by_four_and_back() {
        let x: [Vector; 4] = std::array::from_fn(|part| std::array::from_fn(|i| (16 * part + i) as i32));
        let (e0, o0) = (pick(x[0], x[1], EVEN), pick(x[0], x[1], ODD));
        let (e1, o1) = (pick(x[2], x[3], EVEN), pick(x[2], x[3], ODD));
        let phases = [pick(e0, e1, EVEN), pick(o0, o1, EVEN), pick(e0, e1, ODD), pick(o0, o1, ODD)];
        for (phase, found) in phases.iter().enumerate() {
            assert_eq!(*found, std::array::from_fn(|i| (4 * i + phase) as i32));
        }
        let (even_low, even_high) = (pick(phases[0], phases[2], LOW), pick(phases[0], phases[2], HIGH));
        let (odd_low, odd_high) = (pick(phases[1], phases[3], LOW), pick(phases[1], phases[3], HIGH));
        let back = [
            pick(even_low, odd_low, LOW),
            pick(even_low, odd_low, HIGH),
            pick(even_high, odd_high, LOW),
            pick(even_high, odd_high, HIGH),
        ];
        assert_eq!(back, x);
    }
}
