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
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m512) {
        unsafe { _mm512_storeu_ps(to, value) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn fnma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn leaky_relu(x: __m512, slope: __m512) -> __m512 {
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, _mm512_setzero_ps());
            _mm512_mask_blend_ps(positive, _mm512_mul_ps(x, slope), x)
        }
    }

    #[inline(always)]
    unsafe fn where_positive(x: __m512, yes: __m512, no: __m512) -> __m512 {
        unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, _mm512_setzero_ps()), no, yes) }
    }

    #[inline(always)]
    unsafe fn even(x: [__m512; 2]) -> __m512 {
        unsafe { pick(x[0], x[1], std::array::from_fn(|i| 2 * i as i32)) }
    }

    #[inline(always)]
    unsafe fn deinterleave4(x: [__m512; 4]) -> [__m512; 4] {
        unsafe {
            let even = |i: usize| if i < 16 { 2 * i as i32 } else { 0 };
            let evens: [i32; 16] = std::array::from_fn(even);
            let odds: [i32; 16] = std::array::from_fn(|i| even(i) + 1);
            // Even and odd numbers of each pair, then again.
            let (e0, o0) = (pick(x[0], x[1], evens), pick(x[0], x[1], odds));
            let (e1, o1) = (pick(x[2], x[3], evens), pick(x[2], x[3], odds));
            [pick(e0, e1, evens), pick(o0, o1, evens), pick(e0, e1, odds), pick(o0, o1, odds)]
        }
    }

    #[inline(always)]
    unsafe fn interleave4(x: [__m512; 4]) -> [__m512; 4] {
        unsafe {
            let low: [i32; 16] = std::array::from_fn(|i| (i / 2 + 16 * (i % 2)) as i32);
            let high: [i32; 16] = std::array::from_fn(|i| (8 + i / 2 + 16 * (i % 2)) as i32);
            // 0 and 2 make the even numbers, 1 and 3 the odd ones.
            let (even_low, even_high) = (pick(x[0], x[2], low), pick(x[0], x[2], high));
            let (odd_low, odd_high) = (pick(x[1], x[3], low), pick(x[1], x[3], high));
            [
                pick(even_low, odd_low, low),
                pick(even_low, odd_low, high),
                pick(even_high, odd_high, low),
                pick(even_high, odd_high, high),
            ]
        }
    }

    #[inline(always)]
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
        unsafe { tile::tile::<Self, 8>(depth, a, b, c, ld, start) }
    }

    #[inline(always)]
    unsafe fn tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
        unsafe { tile::tile_strided::<Self, 8>(arguments, c, ld) }
    }
}
