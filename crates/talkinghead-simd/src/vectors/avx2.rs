//! 256-bit vectors with fused multiply-add.

use std::arch::asm;
use std::arch::x86_64::*;

use super::tile::{self, Start, Strided, TILE_VECTORS};
use super::{Job, Simd};

/// AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub struct Avx2;

/// Compiles a job with AVX2 and FMA.
///
/// # Safety
/// The processor has both.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn enter<J: Job>(job: J) -> J::Output {
    // SAFETY: the caller's.
    unsafe { job.run::<Avx2>() }
}

/// The inverse of itself: a 4x4 transposition within each half, and between the halves.
#[inline(always)]
unsafe fn transpose4(x: [__m256; 4]) -> [__m256; 4] {
    // SAFETY: the caller has AVX2.
    unsafe {
        let (low_01, high_01) = (_mm256_unpacklo_ps(x[0], x[1]), _mm256_unpackhi_ps(x[0], x[1]));
        let (low_23, high_23) = (_mm256_unpacklo_ps(x[2], x[3]), _mm256_unpackhi_ps(x[2], x[3]));
        [
            _mm256_shuffle_ps::<0b0100_0100>(low_01, low_23),
            _mm256_shuffle_ps::<0b1110_1110>(low_01, low_23),
            _mm256_shuffle_ps::<0b0100_0100>(high_01, high_23),
            _mm256_shuffle_ps::<0b1110_1110>(high_01, high_23),
        ]
    }
}

impl Simd for Avx2 {
    type Vector = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA and vouches for 8 numbers to read.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m256) {
        // SAFETY: the caller has AVX2 and FMA and vouches for 8 numbers to write.
        unsafe { _mm256_storeu_ps(to, value) }
    }

    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn fnma(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn leaky_relu(x: __m256, slope: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe {
            let positive = _mm256_cmp_ps::<_CMP_GT_OQ>(x, _mm256_setzero_ps());
            _mm256_blendv_ps(_mm256_mul_ps(x, slope), x, positive)
        }
    }

    #[inline(always)]
    unsafe fn where_positive(x: __m256, yes: __m256, no: __m256) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe { _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_GT_OQ>(x, _mm256_setzero_ps())) }
    }

    #[inline(always)]
    unsafe fn even(x: [__m256; 2]) -> __m256 {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe {
            // 0 2 8 10 4 6 12 14, then pairs in order.
            let mixed = _mm256_shuffle_ps::<0b1000_1000>(x[0], x[1]);
            _mm256_castpd_ps(_mm256_permute4x64_pd::<0b1101_1000>(_mm256_castps_pd(mixed)))
        }
    }

    #[inline(always)]
    unsafe fn deinterleave4(x: [__m256; 4]) -> [__m256; 4] {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe {
            // Halves so that each half holds four groups of four: 0..15 left, 16..31 right.
            let halves = [
                _mm256_permute2f128_ps::<0x20>(x[0], x[2]),
                _mm256_permute2f128_ps::<0x31>(x[0], x[2]),
                _mm256_permute2f128_ps::<0x20>(x[1], x[3]),
                _mm256_permute2f128_ps::<0x31>(x[1], x[3]),
            ];
            transpose4(halves)
        }
    }

    #[inline(always)]
    unsafe fn interleave4(x: [__m256; 4]) -> [__m256; 4] {
        // SAFETY: the caller has AVX2 and FMA.
        unsafe {
            let halves = transpose4(x);
            [
                _mm256_permute2f128_ps::<0x20>(halves[0], halves[1]),
                _mm256_permute2f128_ps::<0x20>(halves[2], halves[3]),
                _mm256_permute2f128_ps::<0x31>(halves[0], halves[1]),
                _mm256_permute2f128_ps::<0x31>(halves[2], halves[3]),
            ]
        }
    }

    #[inline(always)]
    unsafe fn tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
        // SAFETY: the caller has AVX2 and FMA and vouches for the operands, as the trait demands.
        unsafe { whole_tile(depth, a, b, c, ld, start) }
    }

    #[inline(always)]
    unsafe fn tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
        // SAFETY: the caller has AVX2 and FMA and vouches for the operands, as the trait demands.
        unsafe { whole_tile_strided(arguments, c, ld) }
    }
}

/// # Safety
/// As [`Simd::tile`].
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn whole_tile(depth: usize, a: *const f32, b: *const f32, c: *mut f32, ld: usize, start: Start) {
    // SAFETY: the caller has AVX2 and FMA and vouches for the operands, as the trait demands.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); TILE_VECTORS]; Avx2::ROWS];
        if start == Start::Add {
            tile::read::<Avx2, { Avx2::ROWS }>(&mut sums, c, ld);
        }
        accumulate(depth, a, [b, b.add(Avx2::LANES), b.add(2 * Avx2::LANES)], Avx2::COLUMNS, &mut sums);
        tile::write::<Avx2, { Avx2::ROWS }>(&sums, c, ld);
    }
}

/// # Safety
/// As [`Simd::tile_strided`].
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn whole_tile_strided(arguments: Strided, c: *mut f32, ld: usize) {
    let Strided { rows, steps, a, a_row, b, b_row, b_step } = arguments;
    // SAFETY: the caller has AVX2 and FMA and vouches for the operands, as the trait demands.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); TILE_VECTORS]; Avx2::ROWS];
        tile::read::<Avx2, { Avx2::ROWS }>(&mut sums, c, ld);
        for row in 0..rows {
            let b = [b[0].add(row * b_row), b[1].add(row * b_row), b[2].add(row * b_row)];
            accumulate(steps, a.add(row * a_row), b, b_step, &mut sums);
        }
        tile::write::<Avx2, { Avx2::ROWS }>(&sums, c, ld);
    }
}

/// `sums += a * b` over `depth` steps. Written in assembly because the twelve sums, three columns and one factor take all sixteen
/// registers, and the compiler spills one of the sums (a third of the speed).
///
/// # Safety
/// `a` holds 4 numbers a step; each column of `b` holds a vector a step, `step` numbers apart.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn accumulate(
    depth: usize,
    a: *const f32,
    b: [*const f32; TILE_VECTORS],
    step: usize,
    sums: &mut [[__m256; TILE_VECTORS]; 4],
) {
    if depth == 0 {
        return;
    }
    // SAFETY: reads `depth` steps of `a` and `b`, which the caller vouches for; touches no other memory, no stack.
    unsafe {
        asm!(
            "2:",
            "vmovups {c0}, [{b0}]",
            "vmovups {c1}, [{b1}]",
            "vmovups {c2}, [{b2}]",
            "vbroadcastss {w}, [{a}]",
            "vfmadd231ps {s00}, {w}, {c0}",
            "vfmadd231ps {s01}, {w}, {c1}",
            "vfmadd231ps {s02}, {w}, {c2}",
            "vbroadcastss {w}, [{a} + 4]",
            "vfmadd231ps {s10}, {w}, {c0}",
            "vfmadd231ps {s11}, {w}, {c1}",
            "vfmadd231ps {s12}, {w}, {c2}",
            "vbroadcastss {w}, [{a} + 8]",
            "vfmadd231ps {s20}, {w}, {c0}",
            "vfmadd231ps {s21}, {w}, {c1}",
            "vfmadd231ps {s22}, {w}, {c2}",
            "vbroadcastss {w}, [{a} + 12]",
            "vfmadd231ps {s30}, {w}, {c0}",
            "vfmadd231ps {s31}, {w}, {c1}",
            "vfmadd231ps {s32}, {w}, {c2}",
            "add {a}, 16",
            "add {b0}, {step}",
            "add {b1}, {step}",
            "add {b2}, {step}",
            "dec {depth}",
            "jnz 2b",
            s00 = inout(ymm_reg) sums[0][0],
            s01 = inout(ymm_reg) sums[0][1],
            s02 = inout(ymm_reg) sums[0][2],
            s10 = inout(ymm_reg) sums[1][0],
            s11 = inout(ymm_reg) sums[1][1],
            s12 = inout(ymm_reg) sums[1][2],
            s20 = inout(ymm_reg) sums[2][0],
            s21 = inout(ymm_reg) sums[2][1],
            s22 = inout(ymm_reg) sums[2][2],
            s30 = inout(ymm_reg) sums[3][0],
            s31 = inout(ymm_reg) sums[3][1],
            s32 = inout(ymm_reg) sums[3][2],
            c0 = out(ymm_reg) _,
            c1 = out(ymm_reg) _,
            c2 = out(ymm_reg) _,
            w = out(ymm_reg) _,
            a = inout(reg) a => _,
            b0 = inout(reg) b[0] => _,
            b1 = inout(reg) b[1] => _,
            b2 = inout(reg) b[2] => _,
            step = in(reg) step * size_of::<f32>(),
            depth = inout(reg) depth => _,
            options(nostack, readonly),
        );
    }
}
